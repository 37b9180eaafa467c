// The hooks of the recipes, run: they connect, bring the latest event, and let go. React's needs a
// page, and is compiled only.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

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

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${request.headers.authorization}\n\n`);
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

test('Vue', { timeout: 30_000 }, async () => {
  const { useEvents } = await hook('Vue');
  const { effectScope, watch } = await library('vue');
  const connected = letGo();
  const scope = effectScope();
  const event = scope.run(() => useEvents(url, 'token'));
  const data = await new Promise((resolve) => {
    watch(event, ({ data }) => resolve(data));
  });
  assert.equal(data, 'Bearer token');
  scope.stop();
  await (await connected).ended;
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
