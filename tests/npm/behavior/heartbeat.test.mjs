// [NON-SPEC] `heartbeatTimeout: 'auto'`: only a heartbeat arms it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, data, open, script, stream } from './support.mjs';

const spaced = (texts, pause) => texts.flatMap((text) => [{ text }, { sleep_ms: pause }]);
const silent = (texts, pause) => stream('', ...spaced(texts, pause), { hang: true });
/** Longer than the shortest automatic timeout, 10 s. */
const LONG = 12_500;

describe("heartbeatTimeout: 'auto'", { concurrency: 8 }, () => {
  for (const [what, texts, pause, options] of [
    ['events without IDs', Array(4).fill('data: token\n\n'), 600],
    ['events 1.2 s apart', Array(4).fill('id: 1\ndata: x\n\n'), 1200],
    ['events named ping', Array(4).fill('event: ping\ndata:\n\n'), 1200],
    ['comments that follow an event', Array(4).fill('data: x\n\n: comment\n\n'), 1200],
    ['comments without silence', Array(8).fill(':\n\n'), 300],
    ['one comment', ['data: x\n\n', ':\n\n'], 1200],
    ['comments of a POST', Array(4).fill(':\n\n'), 1200, { method: 'POST', body: 'x', retry: undefined }],
  ]) {
    test(`${what} do not arm it: the stream may be silent`, async (t) => {
      const server = await script([silent(texts, pause)]);
      const source = connect(t, server, options);
      await server.exactly(1, texts.length * pause + LONG);
      assert.deepEqual(source.of('error'), []);
    });
  }

  test('the header `SSE-Heartbeat` does not arm it for a POST', async (t) => {
    const server = await script([{ ...open('data: a\n\n'), headers: { 'SSE-Heartbeat': '1' } }]);
    const source = connect(t, server, { method: 'POST', body: 'x', retry: undefined });
    await server.exactly(1, LONG);
    assert.deepEqual([data(source), source.of('error')], [['a'], []]);
  });

  test('two comments after silence arm it, also between events', async (t) => {
    const texts = ['data: a\n\n', ':\n\n', 'data: b\n\n', ':\n\n'];
    const server = await script([silent(texts, 1200), open('')]);
    const source = connect(t, server);
    assert.equal((await source.until(1, 'error')).reason, 'stalled');
    await server.exactly(2);
  });

  test('an explicit time ends a silent POST', async (t) => {
    const server = await script([open('data: a\n\n')]);
    const source = connect(t, server, { method: 'POST', body: 'x', retry: undefined, heartbeatTimeout: 500 });
    const { reason, willRetry } = await source.until(1, 'error');
    assert.deepEqual([reason, willRetry], ['stalled', false]);
    await server.exactly(1);
  });
});
