// [NON-SPEC] Tests of an application may drive a source with the fake timers of Vitest and Jest.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PACKAGE, mute, open, script, status } from './support.mjs';

const folder = fileURLToPath(new URL('fake-timers', import.meta.url));
const program = (name) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
const event = 'id: 1\ndata: a\n\n';

/** Stores scripts that answer each of several runs in the same way. */
async function scripts() {
  const retries = Array.from({ length: 4 }, () => [status(503), open(event)]).flat();
  const [retry, silence, silent] = await Promise.all([script(retries), script([open(event)]), script([mute])]);
  return JSON.stringify({ retry: retry.url, silence: silence.url, mute: silent.url });
}

for (const [name, file, args] of [
  ['vitest', pathToFileURL(join(PACKAGE, 'dist/index.js')).href, ['run', '--root', folder, 'vitest.spec.mjs']],
  [
    'jest',
    join(PACKAGE, 'dist/cjs/index.js'),
    [
      '--config',
      JSON.stringify({ rootDir: folder, testMatch: ['**/jest.spec.cjs'], transform: {}, injectGlobals: false }),
      '--no-cache',
    ],
  ],
]) {
  test(`retries and timeouts follow the fake timers of ${name}, with and without Date`, async () => {
    // The tests of a framework must not believe that they run under node:test.
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, FORCE_COLOR: ___, ...env } = process.env;
    const options = {
      env: { ...env, PACKAGE_FILE: file, SCRIPTS: await scripts(), CI: 'true', NO_COLOR: '1' },
      timeout: 120_000,
    };
    const { stdout, stderr } = await promisify(execFile)(program(name), args, options);
    assert.match(`${stdout}${stderr}`, /Tests:?\s+6 passed/);
  });
}
