// [NON-SPEC] `lastEventId` is the position taken. Reconnects send the position received.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticatedEventSource, connect, cursors, open, script, stream } from './support.mjs';

const numbered = (n, first = 1) =>
  Array.from({ length: n }, (_, at) => `id: ${first + at}\ndata: ${first + at}\n\n`).join('');

/** Waits until the source has received the event with an ID. */
const received = (source, id) =>
  new Promise((resolve) => {
    source.addEventListener('message', ({ lastEventId }) => lastEventId === id && resolve());
  });

describe('the position taken', { concurrency: 8 }, () => {
  test('a new source from the `lastEventId` of a loop that was left loses nothing', async (t) => {
    const server = await script([
      stream('', { count: { text: 'id: {i}\ndata: {i}\n\n', n: 400, resume: true } }, { hang: true }),
    ]);
    const seen = [];
    const first = connect(t, server);
    for await (const { data } of first) if (seen.push(Number(data)) === 48) break;
    assert.equal(first.lastEventId, '48');
    const second = connect(t, server, { lastEventId: first.lastEventId });
    for await (const { data } of second) if (seen.push(Number(data)) === 400) break;
    assert.deepEqual(
      seen,
      Array.from({ length: 400 }, (_, at) => at + 1),
    );
  });

  test('is the position of the slowest loop, and of the last event without loops', async (t) => {
    const source = connect(t, await script([open(numbered(5))]));
    const [slow, fast] = [source[Symbol.asyncIterator](), source[Symbol.asyncIterator]()];
    await received(source, '5');
    assert.equal(source.lastEventId, '');
    for (let count = 0; count < 4; count++) await fast.next();
    await slow.next();
    assert.equal(source.lastEventId, '1');
    for (let count = 0; count < 4; count++) await slow.next();
    assert.equal(source.lastEventId, '4');
    await fast.next();
    assert.equal(source.lastEventId, '5');
    const listening = connect(t, await script([open(numbered(5))]));
    await received(listening, '5');
    assert.equal(listening.lastEventId, '5');
  });

  test('a loop counts from its start', async (t) => {
    const server = await script([open(numbered(3))]);
    const source = connect(t, server);
    await received(source, '3');
    const loop = source[Symbol.asyncIterator]();
    assert.equal(source.lastEventId, '3');
    void loop.next();
    assert.equal(source.lastEventId, '3');
  });

  test('an ID without an event counts when the loop has taken all events before it', async (t) => {
    const source = connect(t, await script([open('id: 1\ndata: a\n\nid: 2\n\n')]));
    const loop = source[Symbol.asyncIterator]();
    await received(source, '1');
    assert.equal(source.lastEventId, '');
    await loop.next();
    assert.equal(source.lastEventId, '2');
  });

  test('a reconnect sends the position received while a loop lags behind', async (t) => {
    const server = await script([open(numbered(5)), open(numbered(2, 6))]);
    const source = connect(t, server);
    const seen = [];
    for await (const { data } of source) {
      if (seen.push(data) === 1) {
        source.reconnect();
        await server.requests(2);
        assert.equal(source.lastEventId, '1');
      }
      if (seen.length === 7) break;
    }
    assert.deepEqual(cursors(await server.exactly(2)), [null, '5']);
    assert.deepEqual(seen, ['1', '2', '3', '4', '5', '6', '7']);
  });

  for (const [what, end] of [
    ['close()', (source) => source.close()],
    ['the signal', (_, controller) => controller.abort()],
  ]) {
    test(`stays at the last event that a loop took when ${what} drops the rest`, async (t) => {
      const controller = new AbortController();
      const source = connect(t, await script([open(numbered(5))]), { signal: controller.signal });
      const loop = source[Symbol.asyncIterator]();
      await received(source, '5');
      await loop.next();
      await loop.next();
      end(source, controller);
      assert.equal(source.lastEventId, '2');
      await loop.next().catch(() => {});
      assert.equal(source.lastEventId, '2');
    });
  }

  const whole = () => script([open(`${numbered(3)}data: [DONE]\n\n`)]);

  test('moves on while a loop takes the events that precede the end of the source', async (t) => {
    const source = connect(t, await whole(), { until: '[DONE]' });
    const loop = source[Symbol.asyncIterator]();
    await source.until(1, 'connectionclose');
    const seen = [];
    for (let count = 0; count < 3; count++) {
      seen.push(source.lastEventId);
      await loop.next();
    }
    assert.deepEqual(seen, ['', '1', '2']);
    assert.equal((await loop.next()).done, true);
    assert.equal(source.lastEventId, '3');
  });

  test('stays when a loop is left after the end of the source', async (t) => {
    const source = connect(t, await whole(), { until: '[DONE]' });
    const loop = source[Symbol.asyncIterator]();
    await source.until(1, 'connectionclose');
    await loop.next();
    await loop.return();
    assert.equal(source.lastEventId, '1');
  });

  test('providers receive the position received, which the request sends', async (t) => {
    const contexts = [];
    const server = await script([open(numbered(3)), open('')]);
    const source = new AuthenticatedEventSource(server.url, {
      retry: { initialDelay: 100 },
      headers: ({ lastEventId }) => (contexts.push(lastEventId), {}),
    });
    t.after(() => source.close());
    const loop = source[Symbol.asyncIterator]();
    await received(source, '3');
    await loop.next();
    source.reconnect();
    await server.requests(2);
    assert.deepEqual(contexts, ['', '3']);
  });
});
