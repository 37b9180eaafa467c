// The packed package in Chromium, served as plain files: no bundler between.
import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../../lib/chromium.mjs';
import { serve } from '../../lib/static-site.mjs';
import { EXPECTED } from './scenario.mjs';

const { CONSUMER, FIXTURE_URL } = process.env;
const DIST = '/node_modules/authenticated-event-source/dist';
let browser;

before(async () => {
  browser = await launch();
  await copyFile(new URL('scenario.mjs', import.meta.url), join(CONSUMER, 'scenario.mjs'));
});
after(() => browser?.close());

/** Writes the page, opens it under these headers and returns what it put into `globalThis.result`. */
async function resultOf(name, html, headers = {}) {
  await writeFile(join(CONSUMER, `${name}.html`), `<!doctype html><title>${name}</title>${html}`);
  const site = await serve(CONSUMER, headers);
  try {
    const { page, complaints } = await openPage(browser, `${site.url}/${name}.html`);
    await page
      .waitForFunction(() => 'result' in globalThis, undefined, { timeout: 40_000 })
      .catch((error) => {
        throw new Error(`${error.message}\n${complaints.join('\n')}`);
      });
    const result = await page.evaluate(() => globalThis.result);
    await page.close();
    return result;
  } finally {
    await site.close();
  }
}

const report = `.then((result) => { globalThis.result = result; }, (error) => { globalThis.result = String(error); })`;
const run = `readAuthenticatedStream(AuthenticatedEventSource, '${FIXTURE_URL}')`;

const worker = (entry) => `
  import { AuthenticatedEventSource } from '${DIST}/${entry}';
  import { readAuthenticatedStream } from '/scenario.mjs';
  const answer = () => ${run}.catch(String);
`;

for (const [entry, name, type = name] of [
  ['index.js', 'AuthenticatedEventSource'],
  ['slim.js', 'AuthenticatedEventSource'],
  ['shared.js', 'AuthenticatedEventSource'],
  ['event-source.js', 'EventSource'],
  ['fetch-event-source.js', 'fetchEventSource', 'sourceOver(fetchEventSource)'],
]) {
  test(`<script type="module">, ${entry}`, async () => {
    const result = await resultOf(
      `module-${entry}`,
      `<script type="module">
      import { ${name} } from '${DIST}/${entry}';
      import { readAuthenticatedStream, sourceOver } from './scenario.mjs';
      readAuthenticatedStream(${type}, '${FIXTURE_URL}')${report};
    </script>`,
    );
    assert.deepEqual(result, EXPECTED);
  });
}

test('<script>, the global build', async () => {
  const result = await resultOf(
    'global',
    `<script src="${DIST}/global.js"></script><script>
    import('./scenario.mjs').then(({ readAuthenticatedStream }) => ${run})${report};
  </script>`,
  );
  assert.deepEqual(result, EXPECTED);
});

test('dedicated worker', async () => {
  await writeFile(join(CONSUMER, 'dedicated.js'), `${worker('index.js')} answer().then(postMessage);`);
  const result = await resultOf(
    'dedicated',
    `<script type="module">
    new Worker('dedicated.js', { type: 'module' }).onmessage = ({ data }) => { globalThis.result = data; };
  </script>`,
  );
  assert.deepEqual(result, EXPECTED);
});

test('shared worker', async () => {
  await writeFile(
    join(CONSUMER, 'shared.js'),
    `${worker('index.js')}
    onconnect = ({ ports: [port] }) => answer().then((result) => port.postMessage(result));`,
  );
  const result = await resultOf(
    'shared',
    `<script type="module">
    new SharedWorker('shared.js', { type: 'module' }).port.onmessage = ({ data }) => { globalThis.result = data; };
  </script>`,
  );
  assert.deepEqual(result, EXPECTED);
});

test('service worker', async () => {
  await writeFile(
    join(CONSUMER, 'service.js'),
    `${worker('index.js')}
    onmessage = (event) => event.waitUntil(answer().then((result) => event.source.postMessage(result)));`,
  );
  const result = await resultOf(
    'service',
    `<script type="module">
    navigator.serviceWorker.onmessage = ({ data }) => { globalThis.result = data; };
    navigator.serviceWorker.startMessages();
    const { installing, waiting, active } = await navigator.serviceWorker.register('service.js', { type: 'module' });
    (installing ?? waiting ?? active).postMessage('run');
  </script>`,
  );
  assert.deepEqual(result, EXPECTED);
});

// Scripts of a page under a policy are files: inline ones are forbidden.
async function underPolicy(scriptSource) {
  await writeFile(
    join(CONSUMER, 'policy.js'),
    `
    import { AuthenticatedEventSource } from '${DIST}/index.js';
    import { readAuthenticatedStream } from './scenario.mjs';
    const firstError = () => new Promise((resolve) => {
      new AuthenticatedEventSource('${FIXTURE_URL}/events', 'token').onerror = ({ message, willRetry, target }) =>
        resolve({ message, willRetry, state: target.readyState });
    });
    (new URL(import.meta.url).search === '?error' ? firstError() : ${run})${report};
  `,
  );
  const policy = `default-src 'none'; script-src ${scriptSource}; connect-src *`;
  const search = scriptSource.includes('wasm-unsafe-eval') ? '' : '?error';
  const html = `<script type="module" src="policy.js${search}"></script>`;
  return resultOf('policy', html, { 'content-security-policy': policy });
}

test("Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval' is enough", async () => {
  assert.deepEqual(await underPolicy(`'self' 'wasm-unsafe-eval'`), EXPECTED);
});

test("Content-Security-Policy: script-src 'self' is a fatal error that names 'wasm-unsafe-eval'", async () => {
  const { message, willRetry, state } = await underPolicy(`'self'`);
  assert.match(message, /'wasm-unsafe-eval'/);
  assert.deepEqual({ willRetry, state }, { willRetry: false, state: 2 });
});
