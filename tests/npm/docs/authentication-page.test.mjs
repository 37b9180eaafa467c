// The recipes of docs/authentication.md that need a browser: a refresh token shared by tabs, cookies, and an extension.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { FLAGS, launch } from '../../lib/chromium.mjs';
import { until } from '../../lib/wait.mjs';
import { pageScript, snippetsOf } from './modules.mjs';
import { startSite, STREAM } from './site.mjs';

const LIMIT = { timeout: 90_000 };
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Starts a site with an empty page at `/`, and `script` at `/script.js`. `rest` answers all other requests. */
async function startPages(t, script, rest) {
  const code = await pageScript('authentication', script);
  const site = await startSite((request, response) => {
    if (request.url === '/script.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(code);
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    if (request.url !== '/') return rest(request, response);
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'csrf=first%3D' });
    response.end('<!doctype html><title>page</title>');
  });
  t.after(site.stop);
  return site;
}

const run = (page) => page.addScriptTag({ type: 'module', url: '/script.js' });

test('two tabs use each refresh token exactly once', LIMIT, async (t) => {
  let generation = 0;
  const refreshes = [];
  const streams = new Set();
  const script = `
    import { AuthenticatedEventSource } from 'authenticated-event-source';
    import { auth, save } from './rotating-token.js';
    globalThis.received = [];
    globalThis.save = save;
    globalThis.begin = () => {
      globalThis.source = new AuthenticatedEventSource('/events', { auth });
      source.onmessage = ({ data }) => received.push(data);
    };
  `;
  const { url } = await startPages(t, script, async (request, response) => {
    if (request.url === '/token') {
      let body = '';
      for await (const part of request) body += part;
      refreshes.push(new URLSearchParams(body).get('refresh_token'));
      // Long enough for both tabs to be refused.
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (refreshes.at(-1) !== `refresh${generation - 1}`) return response.writeHead(400).end();
      const answer = { access_token: `access${generation}`, refresh_token: `refresh${generation}` };
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    }
    if (request.headers.authorization !== `Bearer access${generation}`) return response.writeHead(401).end();
    streams.add(response.writeHead(200, STREAM));
    response.on('close', () => streams.delete(response));
    response.write(`retry: 100\ndata: ${generation}\n\n`);
  });
  const context = await browser.newContext();
  t.after(() => context.close());
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) await tab.goto(url);
  await Promise.all(tabs.map(run));
  await tabs[0].evaluate("save({ access: 'access0', refresh: 'refresh0' })");
  await Promise.all(tabs.map((tab) => tab.evaluate('begin()')));
  await until('both streams', () => streams.size === 2);
  for (let round = 1; round <= 3; round++) {
    generation++;
    const ending = [...streams];
    streams.clear();
    for (const stream of ending) stream.end();
    await until('both streams with the next token', () => streams.size === 2);
  }
  assert.deepEqual(refreshes, ['refresh0', 'refresh1', 'refresh2']);
  for (const tab of tabs) {
    await until('every generation', async () => (await tab.evaluate('received')).join() === '0,1,2,3');
  }
});

test('cookies: each attempt sends the current CSRF token, and a 401 renews the session', LIMIT, async (t) => {
  const requests = [];
  let renewals = 0;
  const script = `
    import { connect } from './csrf.js';
    globalThis.received = [];
    globalThis.source = connect('/events', () => fetch('/renew', { method: 'POST' }));
    source.onmessage = ({ data }) => received.push(data);
  `;
  const { url } = await startPages(t, script, (request, response) => {
    if (request.url === '/renew') {
      renewals++;
      const cookies = ['session=renewed; HttpOnly; SameSite=Strict', 'csrf=second'];
      return response.writeHead(204, { 'set-cookie': cookies }).end();
    }
    const { cookie, authorization, 'x-csrf-token': csrf } = request.headers;
    requests.push({ csrf, authorization });
    if (!cookie.includes('session=renewed')) return response.writeHead(401).end();
    response.writeHead(200, STREAM).write('data: hello\n\n');
  });
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(url);
  await run(page);
  await until('the event', async () => (await page.evaluate('received')).length === 1);
  assert.deepEqual(requests, [
    { csrf: 'first=', authorization: undefined },
    { csrf: 'second', authorization: undefined },
  ]);
  assert.equal(renewals, 1);
});

/** Writes the extension of the document, with the address of a server of this test. */
async function writeExtension(folder, origin) {
  await mkdir(folder);
  const snippets = await snippetsOf('authentication');
  const replaced = (text) => text.replaceAll('https://api.example.com/', `${origin}/`);
  const manifest = replaced(snippets.get('manifest.json').code).replace(/(:\/\/127\.0\.0\.1):\d+/, '$1');
  await writeFile(join(folder, 'manifest.json'), manifest);
  const code = `import './extension-worker.js';
    chrome.runtime.onMessage.addListener(() => {});`;
  await writeFile(join(folder, 'worker.js'), replaced(await pageScript('authentication', code)));
  await writeFile(join(folder, 'page.html'), '<!doctype html><title>extension</title>');
}

test(
  'extension: the worker connects without CORS headers, and resumes after the browser has ended it',
  LIMIT,
  async (t) => {
    const requests = [];
    const site = await startSite((request, response) => {
      requests.push({ ended: false, lastEventId: request.headers['last-event-id'] });
      const entry = requests.at(-1);
      response.on('close', () => {
        entry.ended = true;
      });
      response.writeHead(200, STREAM).write(`id: ${requests.length}\ndata: ${requests.length}\n\n`);
    });
    t.after(site.stop);
    const folder = await mkdtemp(join(tmpdir(), 'extension-'));
    const extension = join(folder, 'extension');
    await writeExtension(extension, site.url);
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [...FLAGS, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
    });
    t.after(async () => {
      await context.close();
      await rm(folder, { recursive: true, maxRetries: 5 });
    });
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    const page = await context.newPage();
    await page.goto(new URL('page.html', worker.url()).href);
    const saved = () => page.evaluate("chrome.storage.local.get('lastEventId').then((kept) => kept.lastEventId)");
    await until('the saved ID', async () => (await saved()) === '1');
    const session = await context.newCDPSession(page);
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await until('the end of the request', () => requests[0].ended);
    // Any event starts the worker, here a message instead of the alarm, which would take 30 s.
    await page.evaluate("chrome.runtime.sendMessage('wake').catch(() => {})");
    await until('the second request', () => requests.length === 2);
    assert.equal(requests[1].lastEventId, '1');
    await until('the next saved ID', async () => (await saved()) === '2');
  },
);
