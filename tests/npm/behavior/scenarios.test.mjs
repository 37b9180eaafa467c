// Plays the shared scenarios through the npm class. `tests/wasm/scenarios.rs` plays them through the crate.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { play, scenariosFor } from '../../lib/scenarios.mjs';
import { AuthenticatedEventSource, fixture } from './support.mjs';

const scenarios = JSON.parse(await readFile(new URL('../../scenarios.json', import.meta.url)));

describe('shared scenarios', { concurrency: 8 }, () => {
  for (const scenario of scenariosFor(scenarios, 'node')) {
    test(scenario.name, async () => {
      const { expected, actual } = await play(scenario, AuthenticatedEventSource, fixture.faults);
      assert.deepEqual(actual, expected);
    });
  }
});
