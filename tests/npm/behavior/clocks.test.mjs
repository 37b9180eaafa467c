// [NON-SPEC] The clock is set, frozen or replaced. These tests run one after another, because they change the clock that
// all share.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import MockDate from 'mockdate';
import { assertWait, connect, data, mute, open, script, status, stream, waits } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const HOUR = 3600_000;
const realNow = Date.now;

/** Shifts wall time by so many milliseconds. */
function shift(t, by) {
  t.mock.method(Date, 'now', () => realNow.call(Date) + by);
}

/** Stops wall time, and with `performance` the monotonic clock too. */
function freeze(t, what) {
  const now = realNow.call(Date);
  if (what === 'MockDate') {
    MockDate.set(now);
    t.after(() => MockDate.reset());
    return;
  }
  t.mock.method(Date, 'now', () => now);
  if (what === 'Date and performance') t.mock.method(performance, 'now', () => 1000);
}

const FROZEN = ['MockDate', 'Date', 'Date and performance'];
const beats = stream('', { repeat: { n: 30, of: [{ text: ': beat\n\n' }, { sleep_ms: 100 }] } }, { hang: true });

describe('clocks', () => {
  for (const by of [-HOUR, -6000]) {
    test(`the clock is set back by ${-by} ms during a wait: the wait does not change`, async (t) => {
      const server = await script([status(503), open(first)]);
      const source = connect(t, server, { retry: { initialDelay: 300, jitter: 'none' } });
      await source.until(1, 'error');
      shift(t, by);
      await source.until(1, 'message');
      assertWait(waits(await server.requests(2))[0], 300, 3000);
    });
  }

  for (const what of FROZEN) {
    test(`frozen (${what}): a retry follows`, async (t) => {
      const server = await script([status(503), open(first)]);
      freeze(t, what);
      const source = connect(t, server, { retry: { initialDelay: 300, jitter: 'none' } });
      await source.until(1, 'message');
      assertWait(waits(await server.requests(2))[0], 300, 3000);
    });

    test(`frozen (${what}): connectTimeout and heartbeatTimeout end a dead connection`, async (t) => {
      const server = await script([mute, open(first), open('id: 2\ndata: b\n\n')]);
      freeze(t, what);
      const source = connect(t, server, { connectTimeout: 300, heartbeatTimeout: 300 });
      await source.until(2, 'message');
      assert.deepEqual(
        source
          .of('error')
          .map(({ reason }) => reason)
          .slice(0, 2),
        ['timeout', 'stalled'],
      );
    });
  }

  for (const by of [HOUR, 24 * HOUR, -HOUR]) {
    test(`the clock is set by ${by} ms while a stream sends heartbeats: the stream goes on`, async (t) => {
      const server = await script([beats]);
      const source = connect(t, server, { heartbeatTimeout: 1000 });
      await source.until(1, 'open');
      shift(t, by);
      await server.exactly(1, 2000);
      assert.deepEqual(source.of('error'), []);
    });
  }

  test('the clock is set forward while a stream with a heartbeat of 15 s is silent: the stream goes on', async (t) => {
    const server = await script([{ ...open(first), headers: { 'SSE-Heartbeat': '15' } }]);
    const source = connect(t, server);
    await source.until(1, 'message');
    shift(t, HOUR);
    await server.exactly(1, 7000);
    assert.deepEqual(source.of('error'), []);
  });

  test('the monotonic clock is restored after it was replaced: the stream goes on', async (t) => {
    const server = await script([beats]);
    const fake = t.mock.method(performance, 'now', () => 0);
    const source = connect(t, server, { heartbeatTimeout: 1000 });
    await source.until(1, 'open');
    await server.exactly(1, 300);
    fake.mock.restore();
    await server.exactly(1, 1500);
    assert.deepEqual(source.of('error'), []);
  });

  test('wall time jumps forward during a wait, as after sleep: the retry starts at once', async (t) => {
    const server = await script([status(503), open(first)]);
    const source = connect(t, server, { retry: { initialDelay: 20_000, maxDelay: 20_000 } });
    await source.until(1, 'error');
    shift(t, HOUR);
    await source.until(1, 'message');
    assert.deepEqual(data(source), ['a']);
  });
});
