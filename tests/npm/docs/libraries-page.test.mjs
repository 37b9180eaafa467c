// The examples of docs/libraries.md that need a page: VueUse and htmx, in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../../lib/chromium.mjs';
import { until } from '../../lib/wait.mjs';
import { pageScript } from './modules.mjs';
import { startSite, STREAM } from './site.mjs';

const LIMIT = { timeout: 90_000 };
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Opens a page with a body and a script. `stream(request, response)` answers `/events`. */
async function open(t, { body = '', script, stream }) {
  const code = await pageScript('libraries', script);
  const site = await startSite((request, response) => {
    if (request.url.startsWith('/events')) return stream(request, response);
    if (request.url === '/script.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(code);
    const isPage = request.url === '/';
    response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html' });
    response.end(isPage ? `<!doctype html><script type="module" src="/script.js"></script>${body}` : '');
  });
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  t.after(async () => {
    await page.close();
    await site.stop();
  });
  await page.goto(site.url);
  return { page, complaints, ...site };
}

const numbered = (type, from, to, data) =>
  Array.from(
    { length: to - from + 1 },
    (_, index) => `event: ${type}\nid: ${from + index}\ndata: ${data(from + index)}\n\n`,
  ).join('');

test('VueUse: every event arrives with the token, also after the connection broke', LIMIT, async (t) => {
  const requests = [];
  const { page, complaints } = await open(t, {
    script: `
      import { effectScope } from 'vue';
      import { useMetrics } from './vueuse.js';
      globalThis.received = [];
      globalThis.scope = effectScope();
      scope.run(() => useMetrics('/events', { token: () => 'token' }, (data) => received.push(data)));
    `,
    stream(request, response) {
      requests.push({ ...request.headers, response, ended: false });
      const entry = requests.at(-1);
      response.on('close', () => {
        entry.ended = true;
      });
      response.writeHead(200, STREAM);
      const from = Number(request.headers['last-event-id'] ?? 0) + 1;
      response.write(`retry: 100\n\n${numbered('metrics', from, from + 49, (id) => `event ${id}`)}`);
    },
  });
  const received = () => page.evaluate('received');
  await until('the events of the first connection', async () => (await received()).length === 50);
  requests[0].response.destroy();
  await until('all events', async () => (await received()).length === 100);
  assert.deepEqual(
    await received(),
    Array.from({ length: 100 }, (_, index) => `event ${index + 1}`),
  );
  assert.deepEqual(
    requests.map(({ authorization }) => authorization),
    ['Bearer token', 'Bearer token'],
  );
  await page.evaluate('scope.stop()');
  await until('the end of the request', () => requests[1].ended);
  assert.deepEqual(complaints, []);
});

const HTMX = `
  import { startHtmx } from './htmx.js';
  await startHtmx({ token: () => 'token' });
  document.body.addEventListener('htmx:sseError', (event) => {
    if (event.detail.error.willRetry === false) event.target.remove();
  });
`;
const element = '<div hx-ext="sse" sse-connect="/events" sse-swap="metrics" sse-close="done"></div>';

test('htmx: events are swapped in with the token, and `sse-close` closes the source', LIMIT, async (t) => {
  const tokens = [];
  let streams = 0;
  const { page, complaints } = await open(t, {
    script: HTMX,
    body: element,
    stream(request, response) {
      tokens.push(request.headers.authorization);
      streams++;
      response.on('close', () => streams--);
      response.writeHead(200, STREAM);
      response.write('event: metrics\ndata: <b>one</b>\n\nevent: metrics\ndata: <b>two</b>\n\n');
      setTimeout(() => response.write('event: done\ndata:\n\n'), 200);
    },
  });
  await page.locator('div b', { hasText: 'two' }).waitFor();
  await until('the end of the stream', () => streams === 0);
  assert.deepEqual(tokens, ['Bearer token']);
  assert.deepEqual(complaints, []);
});

test('htmx: removing the element after a permanent failure ends the requests', LIMIT, async (t) => {
  let requests = 0;
  const { page } = await open(t, {
    script: HTMX,
    body: element,
    stream(_, response) {
      requests++;
      response.writeHead(403).end();
    },
  });
  await page.locator('[sse-connect]').waitFor({ state: 'detached' });
  await page.waitForTimeout(1500);
  assert.equal(requests, 1);
});
