// [NON-SPEC] One AbortSignal for many sources, and existing streams that are left or reconnected.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AuthenticatedEventSource, connect, events, open, PACKAGE, script, within } from './support.mjs';

const { fetchEventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/fetch-event-source.js')));
const sse = { headers: { 'content-type': 'text/event-stream' } };
const count = (signal) => getEventListeners(signal, 'abort').length;

describe('a signal', () => {
  test('of eleven sources causes no warning of Node', async (t) => {
    const controller = new AbortController();
    const server = await script([open('data: a\n\n')]);
    const options = { signal: controller.signal };
    const sources = Array.from({ length: 11 }, () => connect(t, server, options));
    await Promise.all(sources.map((source) => source.until(1, 'message')));
    assert.equal(count(controller.signal), 1);
  });

  test('has one listener, however many sources, loops and calls use it', async (t) => {
    const emitted = [];
    const note = (warning) => emitted.push(warning);
    process.on('warning', note);
    t.after(() => process.off('warning', note));
    const controller = new AbortController();
    const { signal } = controller;
    const server = await script([open('data: a\n\n')]);
    const sources = Array.from({ length: 15 }, () => connect(t, server, { signal }));
    const calls = Array.from({ length: 15 }, () => fetchEventSource(server.url, { signal, openWhenHidden: true }));
    const loops = Array.from({ length: 15 }, () => events(fetch(server.url), { signal }));
    await Promise.all(loops.map((loop) => loop.next()));
    await Promise.all(sources.map((source) => source.until(1, 'message')));
    assert.equal(count(signal), 1);
    const rest = loops.map((loop) => assert.rejects(loop.next(), { name: 'AbortError' }));
    controller.abort();
    await Promise.all([...rest, ...calls, ...sources.map((source) => source.until(1, 'connectionclose'))]);
    assert.deepEqual(
      sources.map(({ readyState }) => readyState),
      Array(15).fill(2),
    );
    assert.deepEqual(
      emitted.filter(({ name }) => name === 'MaxListenersExceededWarning'),
      [],
    );
    await within('the removal of the listener', (resolve) => {
      const check = () => (count(signal) === 0 ? resolve() : setImmediate(check));
      check();
    });
  });

  test('has no listener after its last source is closed, and works again for the next source', async (t) => {
    const controller = new AbortController();
    const { signal } = controller;
    const server = await script([open('data: a\n\n')]);
    const [first, second] = [connect(t, server, { signal }), connect(t, server, { signal })];
    first.close();
    assert.equal(count(signal), 1);
    second.close();
    assert.equal(count(signal), 0);
    const third = connect(t, server, { signal });
    controller.abort();
    assert.equal((await third.until(1, 'connectionclose')).reason, 'aborted');
  });

  test('closes all sources although a listener closes some of them', async (t) => {
    const controller = new AbortController();
    const server = await script([open('data: a\n\n')]);
    const sources = Array.from({ length: 3 }, () => connect(t, server, { signal: controller.signal }));
    sources[0].addEventListener('connectionclose', () => sources[1].close());
    controller.abort();
    assert.deepEqual(
      sources.map(({ readyState }) => readyState),
      [2, 2, 2],
    );
    assert.deepEqual(
      sources.map((source) => source.of('connectionclose').length),
      [1, 0, 1],
    );
  });
});

/** A stream that stays open and records its cancellation. */
function body(text) {
  const record = { isCancelled: false };
  record.stream = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    cancel: () => {
      record.isCancelled = true;
    },
  });
  return record;
}

describe('an existing stream', () => {
  test('continues after reconnect(), which cannot open it again', async (t) => {
    let controller;
    let isCancelled = false;
    const stream = new ReadableStream({
      start: (given) => {
        controller = given;
      },
      cancel: () => {
        isCancelled = true;
      },
    });
    const source = AuthenticatedEventSource.fromReadableStream(stream);
    t.after(() => source.close());
    const next = () =>
      within('an event', (resolve) => {
        source.onmessage = resolve;
      });
    const [first] = [next(), controller.enqueue(new TextEncoder().encode('data: a\n\n'))];
    assert.equal((await first).data, 'a');
    source.reconnect();
    const [second] = [next(), controller.enqueue(new TextEncoder().encode('data: b\n\n'))];
    assert.equal((await second).data, 'b');
    assert.deepEqual([isCancelled, source.readyState], [false, 1]);
  });

  test('continues if reconnect() is called before it is read', async (t) => {
    const { stream } = body('data: a\n\n');
    const source = AuthenticatedEventSource.fromReadableStream(stream);
    t.after(() => source.close());
    source.reconnect();
    assert.equal(
      (
        await within('an event', (resolve) => {
          source.onmessage = resolve;
        })
      ).data,
      'a',
    );
  });

  for (const [what, sourceOf] of [
    ['a stream', ({ stream }) => stream],
    ['a response', ({ stream }) => new Response(stream, sse)],
    ['the promise of a response', ({ stream }) => Promise.resolve(new Response(stream, sse))],
  ]) {
    test(`events().return() before next() cancels ${what}`, async () => {
      const record = body('data: a\n\n');
      const loop = events(sourceOf(record));
      assert.deepEqual(await loop.return('left'), { value: 'left', done: true });
      await new Promise(setImmediate);
      assert.equal(record.isCancelled, true);
      assert.deepEqual(await loop.next(), { value: undefined, done: true });
    });
  }

  test('events().return() before next() reports no rejection of the source', async () => {
    assert.equal((await events(Promise.reject(new Error('x'))).return()).done, true);
    assert.equal((await events(new Response(null, { status: 204 })).return()).done, true);
    await new Promise(setImmediate);
  });
});
