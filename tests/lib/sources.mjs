// Modules of the npm package by themselves, for tests that need neither the class nor the WebAssembly.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const PACKAGE = new URL('../../pkg-template/', import.meta.url);
const { build } = createRequire(new URL('package.json', PACKAGE))('esbuild');

/** Imports a source file, for example `event-queue.ts`. Node.js 20 runs no TypeScript, so esbuild converts it first. */
export async function source(file) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`src/${file}`, PACKAGE))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
