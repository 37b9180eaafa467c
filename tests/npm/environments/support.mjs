// Shared by the tests of environments: a fault server, its script for the scenario, and programs that end by themselves.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ended, header, open, status, storeScript } from '../../lib/fault-script.mjs';
import { startFixture } from '../../lib/fixture.mjs';
import scenario from './scenario.cjs';

export const { EXPECTED, REQUESTS, STREAMS, readTwoStreams } = scenario;

/** The folder with the packages of the lock file and the packed package. */
export const FOLDER = fileURLToPath(new URL('.', import.meta.url));

const fixture = await startFixture('--port', '0', '--fault-port', '0');
after(() => fixture.stop());

/** Stores the responses of the scenario. `proved()` checks the requests that came for them. */
export async function server() {
  const responses = [ended(STREAMS[0]), status(401), open(STREAMS[1])];
  const script = await storeScript({ responses }, fixture.faults);
  const proved = async () => {
    await script.exactly(REQUESTS.length, 200);
    // Closing the source ends the open request.
    const requests = await script.ended(REQUESTS.length);
    const facts = requests.map((request) => [header(request, 'authorization'), request.last_event_id]);
    assert.deepEqual(facts, REQUESTS);
  };
  return { url: script.url, proved };
}

/** Runs a program in the folder, and returns what it printed. */
export async function run(program, args, variables = {}) {
  // The tests of a framework must not believe that they run under node:test.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, FORCE_COLOR: ___, ...env } = process.env;
  const options = { cwd: FOLDER, env: { ...env, ...variables, CI: 'true', NO_COLOR: '1' }, timeout: 90_000 };
  const { stdout, stderr } = await promisify(execFile)(program, args, options).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return `${stdout}${stderr}`;
}

/** Runs code in a Node process of its own, which substitutes may change, and returns its value. */
export async function evaluate(code, ...flags) {
  const text = await run(process.execPath, [...flags, '--input-type=module', '--eval', code]);
  return JSON.parse(text.trim().split('\n').at(-1));
}
