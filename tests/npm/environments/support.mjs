// Shared by the tests of environments: a fault server, its script for the scenario, and programs that end by themselves.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { ended, header, open, status, storeScript } from '../../lib/fault-script.mjs';
import { startFixture } from '../../lib/fixture.mjs';
import { run } from './run.mjs';
import scenario from './scenario.cjs';

export { FOLDER, run } from './run.mjs';

export const { EXPECTED, REQUESTS, STREAMS, readTwoStreams } = scenario;

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

/** Runs code in a Node process of its own, which substitutes may change, and returns its value. */
export async function evaluate(code, ...flags) {
  const text = await run(process.execPath, [...flags, '--input-type=module', '--eval', code]);
  return JSON.parse(text.trim().split('\n').at(-1));
}
