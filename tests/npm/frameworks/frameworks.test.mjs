// The guide for each framework in Chromium: no event is lost, and the requests are counted at the server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from '../../lib/chromium.mjs';
import { until } from '../../lib/wait.mjs';
import { bundlePage, bundleServer, snippet, writeSources } from './bundle.mjs';
import { BURST, startServer } from './server.mjs';

const PROJECT = process.env.FRAMEWORKS;
const FRAMEWORKS = ['react', 'vue', 'svelte', 'solid', 'angular'];
const PATIENCE = { timeout: 30_000 };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const idsOf = (path, count) => Array.from({ length: count }, (_, index) => `${path}-${index + 1}`);

/** The ids that the page shows, when there are at least `count`. */
async function ids(page, count) {
  await page.waitForFunction((count) => document.querySelectorAll('li').length >= count, count, PATIENCE);
  return page.locator('li').allTextContents();
}

const shows = (page, selector, pattern) =>
  page.waitForFunction(
    ([selector, pattern]) => new RegExp(pattern).test(document.querySelector(selector)?.textContent ?? ''),
    [selector, pattern],
    PATIENCE,
  );

/** The tests wait most of the time, so some run at once. */
describe('frameworks', { concurrency: 3 }, () => {
  for (const framework of FRAMEWORKS) testFramework(framework);
});

function testFramework(framework) {
  test(`${framework}: every event arrives once, through a fault, a new token and a new URL, and unmounting closes`, async (t) => {
    const server = await startServer();
    t.after(server.stop);
    server.page = await bundlePage(framework, await writeSources(framework, framework));
    const page = await browser.newPage();
    t.after(() => page.close());
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);

    assert.deepEqual(await ids(page, BURST), idsOf('one', BURST));
    await shows(page, '#phase', 'open');
    await until('one open request', () => server.open().length === 1);
    // The strict mode of React mounts twice.
    assert.ok(server.requests.length <= (framework === 'react' ? 2 : 1), `${server.requests.length} requests`);

    // The server is down: the banner counts down, and the button does not wait for its end.
    server.isDown = true;
    server.cut();
    await shows(page, '#banner', 'Again in [23] s\\.$');
    await shows(page, '#banner', 'Again in 1 s\\.$');
    server.isDown = false;
    server.rejected = 'token-1';
    server.more();
    await page.click('#reconnect');

    assert.deepEqual(await ids(page, 2 * BURST), idsOf('one', 2 * BURST));
    await shows(page, '#banner', '^$');
    // The button may come just before or after an attempt that was due anyway, so others may lie between.
    const refused = server.requests.find(({ status }) => status === 401);
    const accepted = server.requests.find(({ authorization }) => authorization === 'Bearer token-2');
    assert.equal(refused.authorization, 'Bearer token-1');
    for (const { lastEventId } of [refused, accepted]) assert.equal(lastEventId, `one-${BURST}`);

    await page.click('#switch');
    assert.deepEqual((await ids(page, 4 * BURST)).slice(2 * BURST), idsOf('two', 2 * BURST));
    await until('one open request', () => server.open().length === 1);
    assert.equal(server.open()[0].path, 'two');

    server.isGone = true;
    server.cut();
    await shows(page, '#phase', 'closed');
    await shows(page, '#banner', '404');
    server.isGone = false;
    await page.click('#reconnect');
    await shows(page, '#phase', 'open');
    await until('one open request', () => server.open().length === 1);

    const before = server.requests.length;
    await page.click('#remove');
    await until('no open request', () => server.open().length === 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(server.requests.length, before, 'no request follows');
    assert.deepEqual(complaints, []);
  });

  test(`${framework}: a server renders the first state and sends no request`, async (t) => {
    const render = await bundleServer(framework, await writeSources(framework, `${framework}-server`));
    const original = globalThis.fetch;
    t.after(() => {
      globalThis.fetch = original;
    });
    const sent = [];
    globalThis.fetch = (url) => {
      sent.push(String(url));
      return Promise.reject(new Error('no network'));
    };
    const html = await render();
    assert.match(html, /connecting/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(sent, []);
  });
}

test('the functions of the guide compile', async () => {
  // TypeScript does not read the components of Svelte.
  const typed = FRAMEWORKS.filter((name) => name !== 'svelte');
  const folders = await Promise.all(typed.map((name) => writeSources(name, `${name}-types`)));
  const react = folders[0];
  await writeFile(join(react, 'news.tsx'), snippet('react-app'));
  const compilerOptions = {
    target: 'es2022',
    module: 'preserve',
    moduleResolution: 'bundler',
    lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: [],
    jsx: 'preserve',
    strict: true,
    exactOptionalPropertyTypes: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const program = createRequire(join(PROJECT, 'package.json')).resolve('typescript/bin/tsc');
  for (const folder of folders) {
    const options = { ...compilerOptions, ...(folder.includes('solid') && { jsxImportSource: 'solid-js' }) };
    const include = folder.includes('react')
      ? ['use-events.ts', 'news.tsx', 'react.tsx']
      : ['use-events.ts', '*.tsx', '*.ts'];
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include, exclude: ['*.server.*'] }),
    );
    await promisify(execFile)(process.execPath, [program, '--project', folder]).catch(({ stdout }) =>
      assert.fail(stdout),
    );
  }
});
