// Test runners with substitutes of a browser: Jest and Vitest, jsdom and happy-dom.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { FOLDER, run, server } from './support.mjs';

const program = (name) => join(FOLDER, 'node_modules/.bin', name);

/** Runs a file of tests in Jest. */
function jest(file, config, variables) {
  const all = { rootDir: FOLDER, testMatch: [`**/runners/${file}`], transform: {}, injectGlobals: false, ...config };
  return run(program('jest'), ['--config', JSON.stringify(all), '--no-cache'], variables);
}

for (const [name, config] of [
  ['Jest in Node', { testEnvironment: 'node' }],
  ['Jest with jsdom and the fetch of Node', { testEnvironment: join(FOLDER, 'runners/jsdom-with-fetch.cjs') }],
  ['jest-fixed-jsdom', { testEnvironment: 'jest-fixed-jsdom' }],
]) {
  test(`${name}: an authenticated stream, a reconnect and a refresh`, async () => {
    const { url, proved } = await server();
    assert.match(await jest('stream.jest.cjs', config, { STREAM: url }), /Tests:\s+1 passed/);
    await proved();
  });
}

test('Jest with jsdom alone: every entry can be imported, and the constructor names what is missing', async () => {
  assert.match(await jest('import.jest.cjs', { testEnvironment: 'jsdom' }), /Tests:\s+7 passed/);
});

for (const environment of ['jsdom', 'happy-dom']) {
  test(`Vitest with ${environment}: an authenticated stream, a reconnect and a refresh`, async () => {
    const { url, proved } = await server();
    const args = ['run', '--root', FOLDER, '--environment', environment, '--config', 'runners/vitest.config.mjs'];
    assert.match(await run(program('vitest'), args, { STREAM: url }), /Tests\s+1 passed/);
    await proved();
  });
}
