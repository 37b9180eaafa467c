// Runs the shared scenarios through the npm class. `tests/wasm/scenarios.rs` runs them through the crate.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AuthenticatedEventSource, cursors, QUICK, script, tokens } from './support.mjs';

const scenarios = JSON.parse(await readFile(new URL('../../scenarios.json', import.meta.url)));

/** Returns the options of the class. A method other than GET has the default policy. */
function optionsOf({ retry, ...options } = {}) {
  if (options.method) return options;
  return { retry: retry ?? QUICK, ...options };
}

describe('shared scenarios', { concurrency: 8 }, () => {
  for (const { name, responses, options, requests, events, outcome } of scenarios) {
    test(name, async (t) => {
      const server = await script(responses);
      const source = new AuthenticatedEventSource(server.url, optionsOf(options));
      t.after(() => source.close());
      const taken = [];
      let end = 'closed';
      try {
        for await (const { data } of source) {
          taken.push(data);
          if (outcome === 'open' && taken.length === events.length) {
            end = 'open';
            break;
          }
        }
      } catch (error) {
        end = error.reason;
      }
      assert.deepEqual([taken, end], [events, outcome]);
      const seen = await server.exactly(requests.length);
      assert.deepEqual(
        cursors(seen),
        requests.map((request) => request.last_event_id),
      );
      assert.deepEqual(
        tokens(seen),
        requests.map((request) => request.authorization),
      );
    });
  }
});
