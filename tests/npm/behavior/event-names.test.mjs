// [NON-SPEC] Streams that use the event types of a source for their own events.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AuthenticatedEventSource, connect, ended, open, PACKAGE, QUICK, script, status, watch } from './support.mjs';

const { EventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/event-source.js')));
const names = ['error', 'open', 'close', 'comment', 'statechange'];
const own = names.map((name, index) => `id: ${index}\nevent: ${name}\ndata: ${name}\n\n`).join('');

describe('events of the stream', { concurrency: 8 }, () => {
  for (const [what, Source] of [
    ['AuthenticatedEventSource', AuthenticatedEventSource],
    ['EventSource', EventSource],
  ]) {
    test(`${what} dispatches an event \`${names.join('`, `')}\` of the stream under its name`, async (t) => {
      const source = watch(t, new Source((await script([open(`${own}data: last\n\n`)])).url), ...names.slice(2));
      await source.until(1, 'message');
      const data = source.fired
        .filter((event) => event instanceof MessageEvent)
        .map(({ type, data }) => `${type}: ${data}`);
      assert.deepEqual(data, [...names.map((name) => `${name}: ${name}`), 'message: last']);
      assert.equal(source.readyState, 1);
    });
  }

  test('an event `error` of the stream has data, and no members of a failure', async (t) => {
    const source = connect(t, await script([open('event: error\ndata: {"type":"overloaded"}\n\n')]));
    const { reason, status: code, willRetry, retryIn, error, data } = await source.until(1, 'error');
    assert.deepEqual([reason, code, willRetry, retryIn, error], Array(5).fill(undefined));
    assert.equal(JSON.parse(data).type, 'overloaded');
    assert.equal(source.readyState, 1);
  });

  test('a loop returns an event `error` of the stream as data', async (t) => {
    const source = connect(t, await script([open(own)]));
    const seen = [];
    for await (const { type, data } of source) if (seen.push([type, data]) === names.length) break;
    assert.deepEqual(
      seen,
      names.map((name) => [name, name]),
    );
  });

  test('an event `close` of the stream does not end fetchEventSource()', async () => {
    const { fetchEventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/fetch-event-source.js')));
    const server = await script([ended(`${own}data: last\n\n`)]);
    const seen = [];
    await fetchEventSource(server.url, { openWhenHidden: true, onmessage: ({ event }) => seen.push(event) });
    assert.deepEqual(seen, [...names, '']);
  });
});

describe('events of the source', { concurrency: 8 }, () => {
  test('`connectionclose` follows the final `error`, and no `close` fires', async (t) => {
    const source = watch(
      t,
      new AuthenticatedEventSource((await script([status(403)])).url),
      'close',
      'connectionclose',
    );
    await source.until(1, 'connectionclose');
    assert.deepEqual(
      source.fired.map(({ type, reason }) => [type, reason]),
      [
        ['error', 'status'],
        ['connectionclose', 'status'],
      ],
    );
  });

  test('`connectionstatechange` fires for each phase with the new state', async (t) => {
    const source = connect(t, await script([ended('data: a\n\n'), status(403)]));
    const phases = [];
    source.addEventListener('connectionstatechange', ({ state }) => phases.push(state.phase));
    await source.until(1, 'connectionclose');
    assert.deepEqual(phases, ['open', 'waiting', 'connecting', 'closed']);
  });

  test('`streamcomment` fires for each comment', async (t) => {
    const source = watch(
      t,
      new AuthenticatedEventSource((await script([open(': a\n:b\ndata: c\n\n')])).url),
      'streamcomment',
    );
    await source.until(1, 'message');
    assert.deepEqual(
      source.of('streamcomment').map(({ data }) => data),
      ['a', 'b'],
    );
  });

  test('comments of a chunk fire before a loop receives the events of the chunk', async (t) => {
    const source = connect(t, await script([open('data: a\n\n: between\ndata: b\n\n')]), { retry: QUICK });
    const order = [];
    source.addEventListener('streamcomment', ({ data }) => order.push(data));
    source.addEventListener('message', ({ data }) => order.push(`listener ${data}`));
    for await (const { data } of source) if (order.push(`loop ${data}`) === 5) break;
    assert.deepEqual(order, ['listener a', 'between', 'listener b', 'loop a', 'loop b']);
  });

  test('the class EventSource fires no event that the standard does not define, with any `retry`', async (t) => {
    for (const retry of [undefined, QUICK]) {
      const source = watch(
        t,
        new EventSource((await script([status(403)])).url, { retry }),
        'connectionclose',
        'close',
        'connectionstatechange',
      );
      await source.until(1, 'error');
      await new Promise(setImmediate);
      assert.deepEqual(
        source.fired.map(({ type }) => type),
        ['error'],
      );
    }
  });

  test('close() fires nothing, and `state` is closed immediately', async (t) => {
    const source = connect(t, await script([status(503)]), { retry: { initialDelay: 60_000 } });
    await source.until(1, 'error');
    assert.equal(source.state.phase, 'waiting');
    const count = source.fired.length;
    let changes = 0;
    source.addEventListener('connectionstatechange', () => changes++);
    source.close();
    const { phase, nextRetryIn, reason } = source.state;
    assert.deepEqual({ phase, nextRetryIn, reason }, { phase: 'closed', nextRetryIn: undefined, reason: 'closed' });
    await new Promise(setImmediate);
    assert.deepEqual([source.fired.length, changes], [count, 0]);
  });

  test('reset() does not exist', () => {
    assert.equal('reset' in AuthenticatedEventSource.prototype, false);
  });
});
