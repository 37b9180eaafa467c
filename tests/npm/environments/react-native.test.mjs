// A stand-in for React Native, which lacks events, streams and WebAssembly: Node without them.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { EXPECTED, FOLDER, run, server } from './support.mjs';

const NATIVE = join(FOLDER, 'react-native/networking.mjs');

test('React Native with polyfills: an authenticated stream, a reconnect and a refresh', async () => {
  // The package `react-native-fetch-api` is source text for a bundler.
  const outfile = join(FOLDER, 'node_modules/.cache/react-native.mjs');
  await mkdir(join(outfile, '..'), { recursive: true });
  await build({
    entryPoints: [join(FOLDER, 'react-native/polyfilled.mjs')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    alias: { 'react-native': NATIVE, 'react-native/Libraries/Blob/BlobManager': NATIVE },
    external: ['authenticated-event-source'],
    logLevel: 'silent',
  });
  const { url, proved } = await server();
  const result = JSON.parse(await run(process.execPath, [outfile], { STREAM: url }));
  assert.deepEqual(result, EXPECTED);
  await proved();
});

test('React Native alone: every entry can be imported, and the constructor names what is missing', async () => {
  const message = JSON.parse(await run(process.execPath, [join(FOLDER, 'react-native/bare.mjs')]));
  assert.match(message, /^`EventTarget` is missing\. Add it\./);
});
