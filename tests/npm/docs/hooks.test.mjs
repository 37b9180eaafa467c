// The hooks of the recipes: they connect, deliver every event, and close the source.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { until } from '../../lib/wait.mjs';

const { PROJECT } = process.env;
const ROOT = new URL('../../../', import.meta.url);
const recipes = await readFile(new URL('docs/recipes.md', ROOT), 'utf8');
const { transform } = createRequire(new URL('pkg-template/package.json', ROOT))('esbuild');
const library = (name) => import(pathToFileURL(createRequire(join(PROJECT, 'package.json')).resolve(name)));

/** The module that the recipe shows. */
async function hook(recipe) {
  const [, section] = recipes.split(`\n## ${recipe}\n`);
  const { code } = await transform(section.match(/^```ts\n(.*?)^```/ms)[1], { loader: 'ts' });
  const file = join(PROJECT, `hook-${recipe}.mjs`);
  await writeFile(file, code);
  return import(pathToFileURL(file));
}

/** The events that the server sends at once. */
const BURST = 50;
const burst = (path) => Array.from({ length: BURST }, (_, number) => `${path} ${number}`);

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (request.url === '/') response.write(`data: ${request.headers.authorization}\n\n`);
  else
    response.write(
      burst(request.url)
        .map((data, id) => `id: ${id}\ndata: ${data}\n\n`)
        .join(''),
    );
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
after(() => {
  server.closeAllConnections();
  server.close();
});

/** Resolves when the client has let go of the request that comes next. */
async function letGo() {
  const [, response] = await once(server, 'request');
  return { ended: once(response, 'close') };
}

const auth = { token: () => 'token' };

test('Vue: every event arrives, a new URL is followed, and the end of the scope closes the source', {
  timeout: 30_000,
}, async () => {
  const { useEvents } = await hook('Vue');
  const { effectScope, nextTick, ref, watch } = await library('vue');
  const address = ref(`${url}one`);
  const events = [];
  const scope = effectScope();
  const first = letGo();
  const connection = scope.run(() => useEvents(address, auth, (event) => events.push(event)));
  const opened = () =>
    new Promise((resolve) => {
      watch(connection, ({ phase }) => phase === 'open' && resolve());
    });
  await opened();
  await until('all events', () => events.length === BURST);
  assert.deepEqual(
    events.map(({ data }) => data),
    burst('/one'),
  );
  const second = letGo();
  address.value = `${url}two`;
  await nextTick();
  await (await first).ended;
  await until('the events of the other URL', () => events.length === 2 * BURST);
  assert.equal(events.at(-1).data, burst('/two').at(-1));
  scope.stop();
  await (await second).ended;
});

test('Svelte', { timeout: 30_000 }, async () => {
  const { eventsOf } = await hook('Svelte');
  const connected = letGo();
  let unsubscribe;
  const data = await new Promise((resolve) => {
    unsubscribe = eventsOf(url, 'token').subscribe((event) => event && resolve(event.data));
  });
  assert.equal(data, 'Bearer token');
  unsubscribe();
  await (await connected).ended;
});

test('React in strict mode: every event arrives, the banner counts down, and unmounting closes the source', {
  timeout: 30_000,
}, async (t) => {
  const { JSDOM } = (await library('jsdom')).default;
  const { window } = new JSDOM('<main></main>');
  for (const [name, value] of Object.entries({ window, document: window.document, navigator: window.navigator })) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => delete globalThis[name]);
  }
  const { useEvents } = await hook('React');
  const { createElement, StrictMode } = (await library('react')).default;
  const { createRoot } = (await library('react-dom/client')).default;
  const events = [];
  const app = () => {
    const { phase, retryIn } = useEvents(`${url}react`, auth, (event) => events.push(event.data));
    return `${phase} ${retryIn ?? ''}`;
  };
  const connections = [];
  const count = (request, response) => request.url === '/react' && connections.push(once(response, 'close'));
  server.on('request', count);
  const root = createRoot(window.document.querySelector('main'));
  root.render(createElement(StrictMode, null, createElement(app)));
  const text = () => window.document.querySelector('main').textContent;
  await until('all events', () => events.length >= BURST);
  assert.deepEqual(events, burst('/react'));
  assert.match(text(), /^open/);
  server.closeAllConnections();
  await until('the banner', () => /^waiting \d+/.test(text()));
  root.unmount();
  await Promise.all(connections);
  const before = connections.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(connections.length, before);
  server.off('request', count);
});
