// Vercel's edge runtime: no Node.js globals, and in production no compilation of WebAssembly from bytes.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EdgeVM } from '@edge-runtime/vm';
import { build } from 'esbuild';
import { EXPECTED, FOLDER, server } from './support.mjs';

/** Bundles the scenario for the runtime, as Next does. */
async function bundle(conditions, plugins = []) {
  const contents = `
    import { AuthenticatedEventSource } from 'authenticated-event-source';
    import { readTwoStreams } from './scenario.cjs';
    globalThis.read = async (url) => JSON.stringify(await readTwoStreams(AuthenticatedEventSource, url));
  `;
  const stdin = { contents, resolveDir: FOLDER };
  const options = { bundle: true, write: false, format: 'iife', logLevel: 'silent', conditions, plugins };
  const { outputFiles } = await build({ stdin, ...options });
  return outputFiles[0].text;
}

test('edge runtime that compiles code: an authenticated stream, a reconnect and a refresh', async () => {
  const { url, proved } = await server();
  const vm = new EdgeVM();
  vm.evaluate(await bundle([]));
  assert.deepEqual(JSON.parse(await vm.evaluate(`read('${url}')`)), EXPECTED);
  await proved();
});

test('edge runtime that compiles no code: an authenticated stream, a reconnect and a refresh', async () => {
  const { url, proved } = await server();
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  // The platform compiles imports of \`.wasm?module\` before the code runs.
  const modules = {
    name: 'wasm-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.replace('?module', '')),
        namespace: 'module',
      }));
      onLoad({ filter: /./, namespace: 'module' }, async ({ path }) => {
        vm.context.compiled = await WebAssembly.compile(await readFile(path));
        return { contents: 'export default globalThis.compiled' };
      });
    },
  };
  vm.evaluate(await bundle(['edge-light'], [modules]));
  assert.deepEqual(JSON.parse(await vm.evaluate(`read('${url}')`)), EXPECTED);
  await proved();
});
