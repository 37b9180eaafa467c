// 1,000 cycles leave nothing behind: no request, timer, listener, or growing memory.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { page } from './page.mjs';
import { script, stream } from './support.mjs';

const CYCLES = 1000;
/** Cycles at once: a browser holds six connections to a server. */
const AT_ONCE = 5;

/** Counts timers and listeners that are there. */
const instruments = () => {
  const timers = new Set();
  const { setTimeout, clearTimeout } = globalThis;
  globalThis.setTimeout = (act, ...rest) => {
    const id = setTimeout((...given) => (timers.delete(id), act(...given)), ...rest);
    timers.add(id);
    return id;
  };
  globalThis.clearTimeout = (id) => (timers.delete(id), clearTimeout(id));
  let listeners = 0;
  for (const target of [globalThis, document]) {
    const { addEventListener, removeEventListener } = target;
    target.addEventListener = (...given) => {
      listeners += 1;
      // A listener goes by its name, or with its signal.
      given[2]?.signal?.addEventListener('abort', () => {
        listeners -= 1;
      });
      addEventListener.apply(target, given);
    };
    target.removeEventListener = (...given) => {
      listeners -= 1;
      removeEventListener.apply(target, given);
    };
  }
  globalThis.left = () => ({ timers: timers.size, listeners });
};
/** Gives the page `wasmBytes()`. */
const SCALES = fileURLToPath(new URL('../../chaos/clients/instruments.js', import.meta.url));

/** Bytes of the JavaScript heap, and objects of the page, after a collection. */
async function heap(tab) {
  const devtools = await tab.context().newCDPSession(tab);
  for (let round = 0; round < 3; round += 1) {
    await devtools.send('HeapProfiler.collectGarbage');
    await tab.evaluate(
      () =>
        new Promise((resolve) => {
          requestAnimationFrame(resolve);
          setTimeout(resolve, 50);
        }),
    );
  }
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const wasm = await tab.evaluate(() => wasmBytes());
  await devtools.detach();
  return { usedSize, wasm };
}

async function measured(t, cycles) {
  const tab = await page(t);
  await tab.evaluate(instruments);
  await tab.addScriptTag({ path: SCALES });
  const server = await script([stream('id: 1\nretry: 100\ndata: a\n\n', { hang: true })]);
  await tab.evaluate(cycles, [server.url, 100, AT_ONCE]);
  const before = await heap(tab);
  await tab.evaluate(cycles, [server.url, CYCLES, AT_ONCE]);
  const after = await heap(tab);
  const requests = await server.ended(CYCLES + 100);
  assert.equal(requests.filter((request) => request.ended === null).length, 0, 'the server sees no open request');
  assert.deepEqual(await tab.evaluate(() => left()), { timers: 0, listeners: 0 });
  const growth = after.usedSize - before.usedSize;
  t.diagnostic(
    `heap: ${before.usedSize} → ${after.usedSize} bytes (${(growth / CYCLES).toFixed(1)} a cycle); WebAssembly: ${before.wasm} → ${after.wasm}`,
  );
  assert.ok(growth / CYCLES < 200, `${growth} bytes of heap more after ${CYCLES} cycles`);
  assert.ok(after.wasm - before.wasm <= 128 * 1024, `${after.wasm - before.wasm} bytes of WebAssembly memory more`);
}

describe('leaks', { timeout: 150_000, concurrency: 1 }, () => {
  test('1,000 × open, one event, close', (t) =>
    measured(t, async ([url, cycles, atOnce]) => {
      const lane = async (count) => {
        for (let cycle = 0; cycle < count; cycle += 1) {
          const source = new AuthenticatedEventSource(url, { auth: () => 'token', heartbeatTimeout: 60_000 });
          await new Promise((resolve) => {
            source.onmessage = resolve;
          });
          source.close();
        }
      };
      await Promise.all(Array.from({ length: atOnce }, () => lane(cycles / atOnce)));
    }));

  test('1,000 × reconnect of the same sources', (t) =>
    measured(t, async ([url, cycles, atOnce]) => {
      const lane = async (count) => {
        const source = new AuthenticatedEventSource(url, { auth: () => 'token', heartbeatTimeout: 60_000 });
        for (let cycle = 0; cycle < count; cycle += 1) {
          await new Promise((resolve) => {
            source.onmessage = resolve;
          });
          if (cycle < count - 1) source.reconnect();
        }
        source.close();
      };
      await Promise.all(Array.from({ length: atOnce }, () => lane(cycles / atOnce)));
    }));
});
