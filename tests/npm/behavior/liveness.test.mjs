// [NON-SPEC] Servers that fall silent: before the response, and after it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertWait, connect, cursors, data, mute, open, script, spin, stream } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const beats = (text, pause_ms, n = 30) =>
  stream('', { repeat: { n, of: [{ text }, { sleep_ms: pause_ms }] } }, { hang: true });

/** Returns a stream that has these chunks at once and stays open. */
function chunks(texts) {
  const start = (stream) => {
    for (const text of texts) stream.enqueue(new TextEncoder().encode(text));
  };
  return new Response(new ReadableStream({ start }), { headers: { 'content-type': 'text/event-stream' } });
}

describe('liveness', { concurrency: 8 }, () => {
  test('no response headers within `connectTimeout`: a failed attempt, retried', async (t) => {
    const server = await script([mute, open(first)]);
    const source = connect(t, server, { connectTimeout: 300 });
    const {
      reason,
      error: { code },
      willRetry,
      message,
    } = await source.until(1, 'error');
    assert.deepEqual({ reason, code, willRetry }, { reason: 'timeout', code: 'ERR_TIMEOUT', willRetry: true });
    assert.match(message, /connectTimeout/);
    await source.until(1, 'message');
    const requests = await server.exactly(2);
    assert.equal(requests[0].ended.by, 'client');
  });

  test('`connectTimeout` does not count once the response is there', async (t) => {
    const server = await script([stream('', { sleep_ms: 3000 }, { text: first }, { hang: true })]);
    const source = connect(t, server, { connectTimeout: 2000 });
    await source.until(1, 'message');
    await server.exactly(1);
  });

  test('silence longer than `heartbeatTimeout`: stalled, retried with the last event ID', async (t) => {
    const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
    const source = connect(t, server, { heartbeatTimeout: 300 });
    const {
      reason,
      error: { code },
      willRetry,
    } = await source.until(1, 'error');
    assert.deepEqual({ reason, code, willRetry }, { reason: 'stalled', code: 'ERR_STALLED', willRetry: true });
    await source.until(2, 'message');
    const requests = await server.requests(2);
    assert.deepEqual(cursors(requests), [null, '1']);
    assert.equal(requests[0].ended.by, 'client');
  });

  test('what came in time counts, also where the page was too busy to take it', async (t) => {
    const body = new ReadableStream({
      start(stream) {
        const send = () => stream.enqueue(new TextEncoder().encode('data: a\n\n'));
        send();
        setTimeout(send, 100);
      },
    });
    const headers = { 'content-type': 'text/event-stream' };
    const source = connect(
      t,
      { url: 'https://busy.example/' },
      { fetch: async () => new Response(body, { headers }), heartbeatTimeout: 500 },
    );
    await source.until(1, 'message');
    // In one task, while which two timers come due: first that of the stream, then that of the watch.
    spin(900);
    await source.until(2, 'message');
    assert.deepEqual(
      source.fired.filter(({ type }) => type === 'error'),
      [],
    );
  });

  test('what waits in the stream counts, also where another task was long before its turn', async (t) => {
    const source = connect(
      t,
      { url: 'https://busy.example/' },
      { fetch: async () => chunks(['data: a\n\n', 'data: b\n\n']), heartbeatTimeout: 500 },
    );
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      spin(900);
    };
    // Longer than a turn: the page has its own before the next chunk is asked for.
    source.addEventListener(
      'message',
      () => {
        port2.postMessage(0);
        spin(50);
      },
      { once: true },
    );
    await source.until(2, 'message');
    assert.deepEqual(
      source.fired.filter(({ type }) => type === 'error'),
      [],
    );
  });

  test('a stream that never says anything, because a proxy holds it back: mute, with a hint', async (t) => {
    const server = await script([open(''), open(first)]);
    const source = connect(t, server, { heartbeatTimeout: 300 });
    const {
      reason,
      error: { code },
      willRetry,
      message,
    } = await source.until(1, 'error');
    assert.deepEqual({ reason, code, willRetry }, { reason: 'mute', code: 'ERR_MUTE', willRetry: true });
    assert.match(message, /X-Accel-Buffering/);
    await source.until(1, 'message');
  });

  test('a server that announces its heartbeat is watched from the start', async (t) => {
    const server = await script([{ ...open(''), headers: { 'SSE-Heartbeat': '1' } }, open(first)]);
    const source = connect(t, server);
    assert.equal((await source.until(1, 'error')).reason, 'mute');
    await source.until(1, 'message');
    const [{ at_ms, ended }] = await server.requests(2);
    assertWait(ended.at_ms - at_ms, 10_000);
  });

  test('an announcement that is no number of seconds is none', async (t) => {
    const server = await script([{ ...open(first), headers: { 'SSE-Heartbeat': '0.1 s' } }]);
    const source = connect(t, server);
    await source.until(1, 'message');
    await server.exactly(1, 1000);
    assert.deepEqual(source.of('error'), []);
  });

  for (const [what, text] of [
    ['comments', ':\n'],
    ['single bytes', 'd'],
    ['events', 'data: x\n\n'],
  ]) {
    test(`${what} are signs of life`, async (t) => {
      const server = await script([beats(text, 100, 15)]);
      const source = connect(t, server, { heartbeatTimeout: 1200 });
      await server.exactly(1, 1500);
      assert.deepEqual(source.of('error'), []);
    });
  }

  for (const heartbeatTimeout of [false, Infinity, undefined, 'auto']) {
    test(`heartbeatTimeout ${heartbeatTimeout}: a stream without a heartbeat may be silent`, async (t) => {
      const server = await script([open(first)]);
      const source = connect(t, server, { heartbeatTimeout });
      await source.until(1, 'message');
      await server.exactly(1, 1000);
      assert.deepEqual([source.of('error'), data(source)], [[], ['a']]);
    });
  }

  // The waits of the automatic watch are tested with the clock as an argument, on the host.

  test('a heartbeat timeout that makes no sense is a TypeError', async (t) => {
    for (const heartbeatTimeout of [0, -1, 'often', NaN]) {
      assert.throws(() => connect(t, 'http://127.0.0.1:1/', { heartbeatTimeout }), TypeError);
    }
  });
});

// One after another: they change what all share.
describe('liveness and slow loops', () => {
  test('while a loop takes its time nothing is watched, and no timer runs', async (t) => {
    const { setTimeout: real } = globalThis;
    const pause = () =>
      new Promise((resolve) => {
        real(resolve, 1500);
      });
    let timers = 0;
    t.mock.method(globalThis, 'setTimeout', (...args) => {
      timers += 1;
      return real(...args);
    });
    const source = connect(
      t,
      { url: 'https://slow.example/' },
      { fetch: async () => chunks(['data: a\n\ndata: b\n\n']), heartbeatTimeout: 1000 },
    );
    const events = source[Symbol.asyncIterator]();
    for (const expected of ['a', 'b']) {
      assert.equal((await events.next()).value.data, expected);
      await pause();
    }
    assert.ok(timers < 10, `${timers} timers`);
  });

  test('what a slow loop takes piece by piece is one sign of life', async (t) => {
    const { now } = Date;
    let later = 0;
    t.mock.method(Date, 'now', () => now() + later);
    const event = `data: ${'a'.repeat(5000)}\n\n`;
    const source = connect(t, { url: 'https://slow.example/' }, { fetch: async () => chunks([event.repeat(40)]) });
    const events = source[Symbol.asyncIterator]();
    for (let seen = 0; seen < 40; seen++) {
      await events.next();
      await new Promise(setImmediate);
      later += 1000;
    }
    // A watch with the rhythm of the loop would ring.
    later += 60_000;
    await new Promise((resolve) => {
      setTimeout(resolve, 6000);
    });
    assert.deepEqual(
      source.fired.filter(({ type }) => type === 'error'),
      [],
    );
  });
});
