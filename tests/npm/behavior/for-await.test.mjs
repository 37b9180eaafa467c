// Sources as asynchronous iterables.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { broken, connect, data, ended, EventSourceError, fixture, open, script, status, stream } from './support.mjs';

const three = 'id: 1\ndata: a\n\nid: 2\nevent: b\ndata: b\n\nid: 3\ndata: c\n\n';

async function collect(source, count = Infinity) {
  const seen = [];
  for await (const event of source) if (seen.push(event) >= count) break;
  return seen;
}

describe('for await', { concurrency: 8 }, () => {
  test('gives the events of all types, in order, with the ID and the origin', async (t) => {
    const source = connect(t, await script([ended(three)]), { retry: false });
    const { origin } = new URL(fixture.faults);
    assert.deepEqual(await collect(source), [
      { type: 'message', data: 'a', lastEventId: '1', origin },
      { type: 'b', data: 'b', lastEventId: '2', origin },
      { type: 'message', data: 'c', lastEventId: '3', origin },
    ]);
    assert.equal(source.readyState, 2);
  });

  test('goes on over reconnects', async (t) => {
    const source = connect(t, await script([broken(three), status(503), open('id: 4\ndata: d\n\n')]));
    assert.deepEqual(
      (await collect(source, 4)).map(({ lastEventId }) => lastEventId),
      ['1', '2', '3', '4'],
    );
  });

  test('break closes the source and ends the request', async (t) => {
    const server = await script([open(three)]);
    const source = connect(t, server);
    await collect(source, 1);
    assert.equal(source.readyState, 2);
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('an exception in the loop closes the source too', async (t) => {
    const server = await script([open(three)]);
    const source = connect(t, server);
    await assert.rejects(async () => {
      for await (const { data: text } of source) throw new Error(text);
    }, /^Error: a$/);
    await server.ended(1);
    assert.equal(source.readyState, 2);
  });

  test('close() while the loop waits ends it, without an error', async (t) => {
    const server = await script([open(three)]);
    const source = connect(t, server);
    const seen = [];
    for await (const { data: text } of source) {
      if (seen.push(text) === 3) setTimeout(() => source.close(), 20);
    }
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  test('close() inside the loop: no event comes after it', async (t) => {
    const source = connect(t, await script([open(three)]));
    const seen = [];
    for await (const { data: text } of source) {
      seen.push(text);
      source.close();
    }
    assert.deepEqual(seen, ['a']);
  });

  test('a fatal error reaches the loop as a throw, after the events before it', async (t) => {
    const source = connect(t, await script([ended(three), status(403)]));
    const seen = [];
    await assert.rejects(
      async () => {
        for await (const { data: text } of source) seen.push(text);
      },
      (error) => error instanceof EventSourceError && error.reason === 'status' && error.status === 403,
    );
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  test('a loop that begins after the failure throws as well', async (t) => {
    const source = connect(t, await script([status(403)]));
    await source.until(1, 'connectionclose');
    await assert.rejects(collect(source), { code: 'ERR_STATUS' });
  });

  test('a loop that begins after close() is empty', async (t) => {
    const source = connect(t, await script([open(three)]));
    source.close();
    assert.deepEqual(await collect(source), []);
  });

  test('a slow loop in spec mode gets the events of the connection after a reconnect', async (t) => {
    const server = await script([open('data: a\n\n'), open('data: b\n\n')]);
    const source = connect(t, server, { retry: 'spec' });
    const loop = source[Symbol.asyncIterator]();
    await source.until(1, 'message');
    source.reconnect();
    await server.exactly(2);
    await source.until(2, 'open');
    // Time enough for the bytes behind the headers.
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    assert.deepEqual([(await loop.next()).value.data, (await loop.next()).value.data], ['a', 'b']);
  });

  test('two loops see every event, at the pace of the slower', async (t) => {
    const count = { text: 'id: {i}\ndata: {i}\n\n', n: 50 };
    const source = connect(t, await script([stream('', { count })]), { retry: false });
    const slow = (async () => {
      const seen = [];
      for await (const event of source) {
        await sleep(1);
        seen.push(event.data);
      }
      return seen;
    })();
    const quick = await collect(source);
    assert.deepEqual(
      quick.map((event) => event.data),
      await slow,
    );
    assert.equal(quick.length, 50);
  });

  test('listeners and a loop both see every event', async (t) => {
    const source = connect(t, await script([ended(three)]), { retry: false });
    assert.equal((await collect(source)).length, 3);
    assert.deepEqual(data(source), ['a', 'c']);
  });

  test('next() may be called ahead of the events', async (t) => {
    const source = connect(t, await script([ended(three)]), { retry: false });
    const iterator = source[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
    assert.deepEqual(
      results.map(({ value, done }) => value?.data ?? done),
      ['a', 'b', 'c', true, true],
    );
  });

  test('a slow loop stops the reading from the network, and nothing is lost', async (t) => {
    // 32 MiB: more than any buffer between the server and us takes.
    const line = 'x'.repeat(32 * 1024);
    const n = 1024;
    const server = await script([stream('', { count: { text: `id: {i}\ndata: ${line}\n\n`, n } }), { status: 204 }]);
    const source = connect(t, server);
    const ids = [];
    let pause = 600;
    for await (const { lastEventId } of source) {
      ids.push(Number(lastEventId));
      if (pause > 0) {
        await sleep(pause);
        const [{ ended: end }] = await server.requests(1);
        assert.equal(end, null, 'the server could not send it all');
        assert.ok(process.memoryUsage().arrayBuffers < 24 * 2 ** 20, 'what was read is bounded');
        pause = 0;
      }
    }
    assert.deepEqual(
      ids,
      Array.from({ length: n }, (_, index) => index + 1),
    );
    assert.equal((await server.requests(1))[0].ended.bytes_sent > n * line.length, true);
  });

  test('reconnect() while a loop has events left loses and repeats nothing', async (t) => {
    const count = { text: 'id: {i}\ndata: {i}\n\n', n: 20, resume: true };
    const source = connect(t, await script([stream('', { count }, { hang: true })]));
    const seen = [];
    for await (const { data: text } of source) {
      seen.push(Number(text));
      if (text === '5') source.reconnect();
      if (text === '30') break;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });
});
