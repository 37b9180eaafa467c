// [NON-SPEC] Streams that are read once: `events()` and the decoder stream.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AuthenticatedEventSource,
  broken,
  ended,
  EventSourceError,
  EventStreamDecoderStream,
  EventStreamParser,
  events,
  open,
  PATIENCE,
  script,
  within,
} from './support.mjs';

const three = 'id: 1\ndata: a\n\nid: 2\nevent: b\ndata: b\n\nid: 3\ndata: c\n\n';

async function collect(source, count = Infinity) {
  const seen = [];
  for await (const event of source) if (seen.push(event) >= count) break;
  return seen;
}

/** Events that count from `first`. */
const text = (first, count) => Array.from({ length: count }, (_, index) => `data: ${first + index}\n\n`).join('');

/** Chunks that are there at once, one for each read. */
function chunks(texts) {
  const left = texts.map((each) => new TextEncoder().encode(each));
  return new ReadableStream({
    pull(controller) {
      if (left.length > 0) controller.enqueue(left.shift());
      else controller.close();
    },
  });
}

describe('streams that come once', { concurrency: 8 }, () => {
  const response = (text, headers = { 'content-type': 'text/event-stream' }, status = 200) =>
    new Response(text, { headers, status });
  const tokensOfAModel = 'data: {"t":"He"}\n\ndata: {"t":"llo"}\n\ndata: [DONE]\n\ndata: late\n\n';

  test('events(response) iterates over a response', async () => {
    assert.deepEqual(await collect(events(response(three))), [
      { type: 'message', data: 'a', lastEventId: '1', id: '1', hasType: false },
      { type: 'b', data: 'b', lastEventId: '2', id: '2', hasType: true },
      { type: 'message', data: 'c', lastEventId: '3', id: '3', hasType: false },
    ]);
  });

  test('`until` ends it and cancels the stream', async () => {
    let cancelled = false;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(tokensOfAModel)),
      cancel: () => {
        cancelled = true;
      },
    });
    const seen = await collect(events(body, { until: '[DONE]' }));
    assert.deepEqual(
      seen.map((event) => JSON.parse(event.data).t),
      ['He', 'llo'],
    );
    assert.equal(cancelled, true);
  });

  test('a POST whose response is a stream', async () => {
    const server = await script([ended(tokensOfAModel)]);
    const answer = await fetch(server.url, { method: 'POST', body: 'prompt' });
    assert.equal((await collect(events(answer, { until: '[DONE]' }))).length, 2);
    await server.exactly(1);
  });

  test('break cancels the request', async () => {
    const server = await script([open(three)]);
    await collect(events(await fetch(server.url)), 1);
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('a stream that breaks off throws after the events before it', async () => {
    const server = await script([broken(three)]);
    const seen = [];
    await assert.rejects(async () => {
      for await (const event of events(await fetch(server.url))) seen.push(event.data);
    });
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  for (const [what, given, code] of [
    ['a status that is not 2xx', () => response('', undefined, 429), 'ERR_STATUS'],
    ['another type', () => response('{}', { 'content-type': 'application/json' }), 'ERR_CONTENT_TYPE'],
    ['HTML', () => response('<p>', { 'content-type': 'text/html' }), 'ERR_CONTENT_TYPE'],
  ]) {
    test(`events(): ${what} is an EventSourceError`, async () => {
      await assert.rejects(
        collect(events(given())),
        (error) => error instanceof EventSourceError && error.code === code,
      );
    });
  }

  test('events(): its signal, before and while it waits, is thrown', async () => {
    const server = await script([open(three)]);
    await assert.rejects(collect(events(response(three), { signal: AbortSignal.abort() })), { name: 'AbortError' });
    const controller = new AbortController();
    const seen = [];
    await assert.rejects(
      async () => {
        for await (const event of events(await fetch(server.url), { signal: controller.signal })) {
          if (seen.push(event.data) === 3) setTimeout(() => controller.abort(), 20);
        }
      },
      { name: 'AbortError' },
    );
    await server.ended(1);
  });

  test('events(): aborted in the loop, nothing more of the chunk comes', async () => {
    const controller = new AbortController();
    const seen = [];
    await assert.rejects(
      async () => {
        for await (const event of events(response(three), { signal: controller.signal })) {
          seen.push(event.data);
          controller.abort();
        }
      },
      { name: 'AbortError' },
    );
    assert.equal(seen.length, 1);
  });

  test('events(): next() may be called ahead, and answers in order over chunks and turns of the page', async () => {
    const iterator = events(chunks(Array.from({ length: 50 }, (_, chunk) => text(chunk * 20, 20))));
    const seen = [];
    const ask = async () => {
      const { value, done } = await iterator.next();
      if (done) return;
      seen.push(Number(value.data));
      // 300 ms together, so that the page has some turns.
      for (const until = performance.now() + 0.3; performance.now() < until; );
      await ask();
    };
    await Promise.all(Array.from({ length: 10 }, ask));
    assert.deepEqual(seen, [...Array(1000).keys()]);
  });

  test('events(): aborted before `until` was reached, it throws', async () => {
    const controller = new AbortController();
    const seen = [];
    await assert.rejects(
      async () => {
        for await (const { data } of events(response(`${text(0, 3)}data: [DONE]\n\n`), {
          until: '[DONE]',
          signal: controller.signal,
        })) {
          seen.push(data);
          controller.abort();
        }
      },
      { name: 'AbortError' },
    );
    assert.deepEqual(seen, ['0']);
  });

  test('events(): the exception of a stream is the cause of the error, of any type', async () => {
    const failing = () => new ReadableStream({ start: (controller) => controller.error() });
    assert.deepEqual(
      await collect(events(failing())).then(
        () => 'over',
        ({ reason, cause }) => [reason, cause],
      ),
      ['network', undefined],
    );
    const signal = AbortSignal.abort(null);
    assert.equal(
      await collect(events(response(three), { signal })).then(
        () => 'over',
        (error) => error,
      ),
      null,
    );
  });

  test('events(): left while it waits, it waits no longer, and cancels the request', async () => {
    const server = await script([open(three)]);
    const iterator = events(await fetch(server.url));
    for (let count = 0; count < 3; count++) await iterator.next();
    const waiting = iterator.next();
    assert.deepEqual(await iterator.return('left'), { value: 'left', done: true });
    assert.deepEqual(await waiting, { value: undefined, done: true });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
    await server.ended(1);
  });

  for (const [what, text, seen] of [
    ['at once', `data: ${'x'.repeat(200)}\n\n`, []],
    ['behind events of the same chunk', `data: a\n\ndata: ${'x'.repeat(200)}\n\n`, ['a']],
  ]) {
    test(`an event that is too large ${what} is an error, in events() and in the decoder`, async () => {
      const got = [];
      await assert.rejects(
        async () => {
          for await (const event of events(response(text), { maxEventSize: 100 })) got.push(event.data);
        },
        { code: 'ERR_TOO_LARGE' },
      );
      assert.deepEqual(got, seen);
      const decoded = response(text).body.pipeThrough(new EventStreamDecoderStream({ maxEventSize: 100 }));
      await assert.rejects(collect(decoded), { code: 'ERR_TOO_LARGE' });
    });
  }

  test('events(): what is too large behind the last event is reported although nothing more comes', async () => {
    const stalled = new ReadableStream({
      start: (stream) => stream.enqueue(new TextEncoder().encode(`data: a\n\ndata: ${'x'.repeat(200)}\n\n`)),
    });
    const loop = events(stalled, { maxEventSize: 100 });
    assert.equal((await loop.next()).value.data, 'a');
    await assert.rejects(
      within('the error', (resolve, reject) => loop.next().then(resolve, reject)),
      { code: 'ERR_TOO_LARGE' },
    );
  });

  test('EventStreamDecoderStream is a TransformStream from bytes to events', async () => {
    const decoder = new EventStreamDecoderStream();
    assert.ok(decoder instanceof TransformStream);
    const seen = await collect(response(three).body.pipeThrough(decoder));
    assert.deepEqual(
      seen.map((event) => event.data),
      ['a', 'b', 'c'],
    );
  });

  test('EventStreamParser: feed, end, reset', () => {
    const parser = new EventStreamParser({ lastEventId: '0' });
    assert.deepEqual(parser.feed('data: a\n\nid: 1\nda'), [
      { type: 'message', data: 'a', lastEventId: '0', id: undefined, hasType: false },
    ]);
    assert.deepEqual(parser.feed(new TextEncoder().encode('ta: b\n\n').buffer), [
      { type: 'message', data: 'b', lastEventId: '1', id: '1', hasType: false },
    ]);
    assert.equal(parser.lastEventId, '1');
    assert.equal(parser.reconnectionTime, undefined);
    assert.deepEqual(parser.feed('retry: 5\ndata: unfinished'), []);
    assert.equal(parser.reconnectionTime, 5);
    parser.end();
    assert.deepEqual([parser.lastEventId, parser.reconnectionTime], ['1', 5]);
    assert.deepEqual(
      parser.feed('\n\ndata: c\n\n').map((event) => event.data),
      ['c'],
    );
    parser.reset('9');
    assert.equal(parser.feed('data: d\n\n')[0].lastEventId, '9');
    assert.throws(() => parser.feed(7), TypeError);
    assert.throws(() => new EventStreamParser({ maxEventSize: 'x' }), /maxEventSize/);
  });

  test('EventStreamParser: feed calls back with each event', () => {
    const parser = new EventStreamParser();
    const seen = [];
    assert.equal(
      parser.feed('id: 1\nevent: a\ndata: x\n\ndata: y\n\nid: 2\n\n', (event) => seen.push(event)),
      undefined,
    );
    assert.deepEqual(seen, [
      { type: 'a', data: 'x', lastEventId: '1', id: '1', hasType: true },
      { type: 'message', data: 'y', lastEventId: '1', id: undefined, hasType: false },
    ]);
    assert.equal(parser.lastEventId, '2');
    assert.throws(() => parser.feed('', 7), /`onEvent` must be a function/);
  });

  test('EventStreamParser: a callback that throws leaves the ID of the event that it refused', () => {
    const parser = new EventStreamParser();
    const refuse = ({ data }) => {
      if (data === 'b') throw new Error('no');
    };
    assert.throws(() => parser.feed('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n', refuse), /no/);
    assert.equal(parser.lastEventId, '2');
    assert.throws(() => parser.feed('data: d\n\n'), { name: 'InvalidStateError' });
    parser.reset(parser.lastEventId);
    assert.deepEqual(parser.feed('data: d\n\n'), [
      { type: 'message', data: 'd', lastEventId: '2', id: undefined, hasType: false },
    ]);
  });

  test('EventStreamParser: a callback cannot feed the parser that calls it', () => {
    const parser = new EventStreamParser();
    const seen = [];
    parser.feed('data: a\n\ndata: b\n\n', ({ data }) => {
      seen.push(data);
      assert.throws(() => parser.feed('data: z\n\n'), { name: 'InvalidStateError' });
    });
    assert.deepEqual(seen, ['a', 'b']);
    assert.deepEqual(
      parser.feed('data: c\n\n').map(({ data }) => data),
      ['c'],
    );
  });

  test('EventStreamParser: a callback that resets the parser drops the rest of the chunk', () => {
    const parser = new EventStreamParser();
    const large = `id: 1\ndata: a\n\nid: 2\ndata: b\n\n${'id: 3\ndata: c\n\n'.repeat(5000)}data: unfin`;
    for (const [stop, lastEventId] of [
      [() => parser.reset('7'), '7'],
      [() => parser.end(), '2'],
    ]) {
      const seen = [];
      parser.feed(large, ({ data }) => {
        seen.push(data);
        if (data === 'b') stop();
      });
      assert.deepEqual(seen, ['a', 'b']);
      assert.deepEqual(parser.feed('ished: x\ndata: d\n\n'), [
        { type: 'message', data: 'd', lastEventId, id: undefined, hasType: false },
      ]);
    }
  });

  test('EventStreamParser: what is too large is reported after the events before it', () => {
    const text = `data: a\n\ndata: ${'x'.repeat(200)}\n\n`;
    const collecting = new EventStreamParser({ maxEventSize: 100 });
    assert.deepEqual(
      collecting.feed(text).map(({ data }) => data),
      ['a'],
    );
    assert.throws(() => collecting.feed(''), { code: 'ERR_TOO_LARGE' });
    const seen = [];
    const calling = new EventStreamParser({ maxEventSize: 100 });
    assert.throws(() => calling.feed(text, ({ data }) => seen.push(data)), { code: 'ERR_TOO_LARGE' });
    assert.deepEqual(seen, ['a']);
  });

  test('events() of something else than a response names what it reads', async () => {
    for (const source of [undefined, 'data: a', Promise.resolve('data: a')]) {
      await assert.rejects(events(source).next(), /Response/);
    }
  });

  test('fromReadableStream: a source over a stream, which is never reconnected', async (t) => {
    const source = AuthenticatedEventSource.fromReadableStream(response(three).body, { lastEventId: '0' });
    t.after(() => source.close());
    const seen = [];
    source.addEventListener('b', (event) => seen.push(event));
    const { reason } = await within(
      'its end',
      (resolve) => source.addEventListener('connectionclose', resolve),
      PATIENCE,
    );
    assert.deepEqual([reason, seen[0].data, seen[0].lastEventId], ['end', 'b', '2']);
  });

  test('a stream of bytes that its maker closes while more is waited for has ended', async (t) => {
    // Without an answer to the read: the standard allows it, and a read into a buffer of ours would never end.
    const bytes = () => {
      const left = [new TextEncoder().encode(three)];
      const pull = async (controller) => {
        await undefined;
        if (left.length > 0) controller.enqueue(left.shift());
        else controller.close();
      };
      return new ReadableStream({ type: 'bytes', pull });
    };
    assert.equal((await collect(events(bytes()))).length, 3);
    assert.equal((await collect(events(response(bytes())))).length, 3);
    assert.equal((await collect(AuthenticatedEventSource.fromReadableStream(bytes()))).length, 3);
    const source = new AuthenticatedEventSource('http://localhost/', {
      fetch: async () => response(bytes()),
      retry: false,
    });
    t.after(() => source.close());
    assert.equal((await collect(source)).length, 3);
  });

  test('fromReadableStream: closed before it was read, the stream is cancelled', async () => {
    const reason = await within('the end', (resolve) => {
      const stream = new ReadableStream({ cancel: resolve });
      AuthenticatedEventSource.fromReadableStream(stream).close();
    });
    assert.equal(reason, undefined);
  });

  test('fromReadableStream: a stream that somebody else reads is a TypeError', () => {
    const stream = new ReadableStream();
    stream.getReader();
    assert.throws(() => AuthenticatedEventSource.fromReadableStream(stream), TypeError);
  });

  test('fromReadableStream: a stream of something else than bytes is an error', async () => {
    const texts = new ReadableStream({ start: (stream) => stream.enqueue('data: a\n\n') });
    const source = AuthenticatedEventSource.fromReadableStream(texts);
    await assert.rejects(source[Symbol.asyncIterator]().next(), {
      reason: 'request',
      message: /web stream of bytes/,
    });
  });

  test('fromReadableStream: a stream that fails is an error', async (t) => {
    const failing = new ReadableStream({ start: (controller) => controller.error(new Error('lost')) });
    const source = AuthenticatedEventSource.fromReadableStream(failing);
    t.after(() => source.close());
    const { reason, willRetry } = await within('the error', (resolve) => {
      source.onerror = resolve;
    });
    assert.deepEqual([reason, willRetry], ['network', false]);
  });
});
