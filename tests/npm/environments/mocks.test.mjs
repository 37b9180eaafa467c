// Libraries that answer requests in tests: MSW, undici's MockAgent and nock.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KINDS } from './mocks/streams.mjs';
import { EXPECTED, FOLDER, REQUESTS, run, server } from './support.mjs';

const SCENARIO = 'an authenticated stream, a reconnect and a refresh';

/** Runs a program of the folder `mocks`, and returns the result of the scenario there. */
async function mocked(library, kind, variables) {
  const text = await run(process.execPath, [join(FOLDER, `mocks/${library}.mjs`)], { KIND: kind, ...variables });
  return JSON.parse(text.trim().split('\n').at(-1));
}

describe('MSW', () => {
  for (const kind of Object.keys(KINDS)) {
    test(`${kind}: ${SCENARIO}`, async () => {
      const reasons = kind === 'stream that fails' ? ['network'] : EXPECTED.reasons;
      assert.deepEqual(await mocked('msw', kind), { ...EXPECTED, reasons, requests: REQUESTS });
    });
  }

  test(`a request that MSW passes through: ${SCENARIO}`, async () => {
    const { url, proved } = await server();
    assert.deepEqual(await mocked('msw', 'text', { STREAM: url }), { ...EXPECTED, requests: [] });
    await proved();
  });
});

describe('MockAgent of undici', () => {
  for (const kind of ['dispatcher', 'global', 'fetch']) {
    test(`as ${kind}: ${SCENARIO}`, async () => {
      assert.deepEqual(await mocked('undici', kind), { ...EXPECTED, requests: REQUESTS });
    });
  }
});

describe('nock', () => {
  for (const kind of ['text', 'stream']) {
    test(`${kind}: ${SCENARIO}`, async () => {
      assert.deepEqual(await mocked('nock', kind), { ...EXPECTED, requests: REQUESTS });
    });
  }
});
