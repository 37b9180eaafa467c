// [NON-SPEC] What the parser reports besides events, through the default entry and through `./parser`.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { EventSourceError, PACKAGE, ended, script } from './support.mjs';

const load = (file) => import(pathToFileURL(join(PACKAGE, 'dist', file)));
const ENTRIES = { 'the default entry': await load('index.js'), './parser': await load('parser.js') };

const EVENT_STREAM = { 'content-type': 'text/event-stream' };

async function collect(source) {
  const seen = [];
  for await (const event of source) seen.push(event);
  return seen;
}

/** A parser whose callbacks record what they receive, in order. */
function recording({ EventStreamParser }, options) {
  const seen = [];
  const parser = new EventStreamParser({
    ...options,
    onComment: (comment) => seen.push(['comment', comment]),
    onRetry: (milliseconds) => seen.push(['retry', milliseconds]),
    onError: (ignored) => seen.push(['error', ignored]),
  });
  return { parser, seen, onEvent: ({ data }) => seen.push(['event', data]) };
}

for (const [name, entry] of Object.entries(ENTRIES)) {
  const { EventStreamDecoderStream, EventStreamParser, events } = entry;

  describe(name, () => {
    test('comments, retry fields and events are reported in order, also repeated ones', () => {
      const { parser, seen, onEvent } = recording(entry);
      parser.feed(': one\nretry: 5\nretry: 5\n\ndata: a\n\n:two\nretry: 7\ndata: b\n\n', onEvent);
      assert.deepEqual(seen, [
        ['comment', 'one'],
        ['retry', 5],
        ['retry', 5],
        ['event', 'a'],
        ['comment', 'two'],
        ['retry', 7],
        ['event', 'b'],
      ]);
      assert.equal(parser.reconnectionTime, 7);
    });

    test('an event that throws leaves the retry fields before it, and not those after it', () => {
      const { parser, seen } = recording(entry);
      const refuse = () => {
        throw new Error('no');
      };
      assert.throws(() => parser.feed('retry: 5\ndata: a\n\nretry: 9\n', refuse), /no/);
      assert.deepEqual(seen, [['retry', 5]]);
      assert.equal(parser.reconnectionTime, 5);
    });

    test('lines without effect are reported, cut anywhere', () => {
      const text = 'foo: bar\r\nretry: 5s\nretry\ndatax: y\ndata\nDATA:  z\n\n';
      const ignored = [
        { type: 'unknown-field', field: 'foo', value: 'bar', line: 'foo: bar' },
        { type: 'invalid-retry', field: 'retry', value: '5s', line: 'retry: 5s' },
        { type: 'invalid-retry', field: 'retry', value: '', line: 'retry' },
        { type: 'unknown-field', field: 'datax', value: 'y', line: 'datax: y' },
        { type: 'unknown-field', field: 'DATA', value: ' z', line: 'DATA:  z' },
      ];
      for (let cut = 0; cut <= text.length; cut++) {
        const { parser, seen, onEvent } = recording(entry);
        parser.feed(text.slice(0, cut), onEvent);
        parser.feed(text.slice(cut), onEvent);
        assert.deepEqual(seen, [...ignored.map((each) => ['error', each]), ['event', '']], `cut at ${cut}`);
      }
    });

    test('an event has its own ID, and whether the stream named its type', () => {
      const seen = new EventStreamParser({ lastEventId: '0' }).feed(
        'data: a\n\nid: 1\nevent: message\ndata: b\n\nevent:\nid\ndata: c\n\nid: 2\n\ndata: d\n\n',
      );
      assert.deepEqual(seen, [
        { type: 'message', data: 'a', lastEventId: '0', id: undefined, hasType: false },
        { type: 'message', data: 'b', lastEventId: '1', id: '1', hasType: true },
        { type: 'message', data: 'c', lastEventId: '', id: '', hasType: false },
        { type: 'message', data: 'd', lastEventId: '2', id: undefined, hasType: false },
      ]);
    });

    test('reset({ consume }) reports an unfinished line, and drops an unfinished event', () => {
      for (const [text, expected] of [
        ['{"error":"overloaded"}', ['error', { type: 'unknown-field', field: '{"error"', value: '"overloaded"}' }]],
        ['data: a\n: bye', ['comment', 'bye']],
        ['retry: 3', ['retry', 3]],
        ['data: a\n', undefined],
        ['data: a', undefined],
        ['', undefined],
      ]) {
        const { parser, seen, onEvent } = recording(entry);
        parser.feed(text, onEvent);
        assert.deepEqual(seen, []);
        parser.reset({ consume: true, lastEventId: '8' });
        if (expected?.[0] === 'error') expected[1].line = text;
        assert.deepEqual(seen, expected ? [expected] : [], text);
        assert.deepEqual([parser.lastEventId, parser.reconnectionTime], ['8', undefined]);
        assert.equal(parser.feed('data: b\n\n')[0].data, 'b');
      }
    });

    test('reset() without `consume` reports nothing', () => {
      const { parser, seen } = recording(entry);
      parser.feed(': unfinished');
      parser.reset();
      parser.feed(': again');
      parser.reset({ lastEventId: '9' });
      assert.deepEqual(seen, []);
      assert.equal(parser.lastEventId, '9');
    });

    test('a callback that resets the parser drops the rest of the chunk', () => {
      const seen = [];
      const parser = new EventStreamParser({ onComment: () => parser.reset('7') });
      parser.feed('data: a\n\n: stop\ndata: b\n\n', ({ data }) => seen.push(data));
      assert.deepEqual(seen, ['a']);
      assert.deepEqual([parser.lastEventId, parser.feed('data: c\n\n')[0].data], ['7', 'c']);
    });

    test('the methods work without their object', () => {
      const { feed, end, reset } = new EventStreamParser();
      assert.equal(feed('id: 1\ndata: a\n\ndata: unfinished')[0].data, 'a');
      end();
      assert.equal(feed('data: b\n\n')[0].lastEventId, '1');
      reset();
      assert.equal(feed('data: c\n\n')[0].lastEventId, '');
    });

    test('a last event ID of any text survives a reset', () => {
      const parser = new EventStreamParser();
      for (const id of ['', 'ä🎉', 'x'.repeat(100_000)]) {
        parser.reset(id);
        assert.equal(parser.feed('data: a\n\n')[0].lastEventId, id);
      }
    });

    test('a callback that is no function is a TypeError', () => {
      for (const option of ['onComment', 'onRetry', 'onError']) {
        assert.throws(() => new EventStreamParser({ [option]: 7 }), new RegExp(`\`${option}\` must be a function`));
      }
    });

    test('the decoder stream takes strings, and reports comments', async () => {
      const comments = [];
      const decoder = new EventStreamDecoderStream({ onComment: (comment) => comments.push(comment) });
      const seen = await collect(ReadableStream.from([': hi\nda', 'ta: 🎉\n\n']).pipeThrough(decoder));
      assert.deepEqual([seen.map(({ data }) => data), comments], [['🎉'], ['hi']]);
    });

    test('events() reads the promise of a response, and reports comments', async () => {
      const server = await script([ended(': hi\ndata: a\n\n')]);
      const comments = [];
      const seen = await collect(events(fetch(server.url), { onComment: (comment) => comments.push(comment) }));
      assert.deepEqual([seen.map(({ data }) => data), comments], [['a'], ['hi']]);
    });

    test('events() throws what the promise of the response rejects with', async () => {
      await assert.rejects(collect(events(Promise.reject(new TypeError('no network')))), /no network/);
    });

    test('events() parses the data, and `until` receives the text', async () => {
      const stream = () => new Response('data: {"n":1}\n\ndata: [DONE]\n\n', { headers: EVENT_STREAM });
      const seen = await collect(events(stream(), { parse: 'json', until: '[DONE]' }));
      assert.deepEqual(seen, [{ type: 'message', data: { n: 1 }, lastEventId: '', id: undefined, hasType: false }]);
      const parse = (data, event) => [data.length, event.data];
      const texts = await collect(events(stream(), { parse, until: '[DONE]' }));
      assert.deepEqual(texts[0].data, [7, '{"n":1}']);
      const schema = { '~standard': { validate: ({ n }) => ({ value: n }) } };
      const [{ data }] = await collect(events(stream(), { parse: schema, until: '[DONE]' }));
      assert.equal(data, 1);
      assert.throws(() => events(stream(), { parse: 'xml' }), TypeError);
    });

    test('events() throws after the events before the one that does not parse', async () => {
      let isCancelled = false;
      const body = new ReadableStream({
        pull(controller) {
          controller.enqueue(new TextEncoder().encode('data: 1\n\nevent: e\ndata: x\n\ndata: 2\n\n'));
        },
        cancel() {
          isCancelled = true;
        },
      });
      const loop = events(body, { parse: 'json' });
      assert.equal((await loop.next()).value.data, 1);
      await assert.rejects(loop.next(), ({ reason, message, cause }) => {
        assert.match(message, /`e` did not parse/);
        return reason === 'parse' && cause instanceof SyntaxError;
      });
      assert.equal((await loop.next()).done, true);
      assert.ok(isCancelled);
    });

    test('the classes have their names', () => {
      const { EventSourceError: Failure } = entry;
      const names = [EventStreamParser, EventStreamDecoderStream, Failure].map((type) => type.name);
      assert.deepEqual(names, ['EventStreamParser', 'EventStreamDecoderStream', 'EventSourceError']);
      assert.equal(new EventStreamParser().constructor.name, 'EventStreamParser');
    });

    test('an error is an EventSourceError of every entry', async () => {
      await assert.rejects(collect(events(new Response('', { status: 429 }))), (error) => {
        assert.ok(error instanceof entry.EventSourceError && error instanceof EventSourceError);
        return error.status === 429;
      });
    });
  });
}

test('`./parser` contains no connection', () => {
  assert.deepEqual(Object.keys(ENTRIES['./parser']).sort(), [
    'EventSourceError',
    'EventStreamDecoderStream',
    'EventStreamParser',
    'events',
  ]);
});
