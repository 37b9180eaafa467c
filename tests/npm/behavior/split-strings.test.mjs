// Strings that are split between two surrogates, in the parser, the decoder stream and `events()`.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventStreamDecoderStream, EventStreamParser, events } from './support.mjs';

const text = 'id: 🦄\nevent: 🎉\ndata: a🦄b\n\ndata: 🎉🦄\n\n';
const whole = [
  { type: '🎉', data: 'a🦄b', lastEventId: '🦄', id: '🦄', hasType: true },
  { type: 'message', data: '🎉🦄', lastEventId: '🦄', id: undefined, hasType: false },
];
/** A stream of the two parts of a string. */
const halves = (at) =>
  new ReadableStream({
    start(controller) {
      for (const part of [text.slice(0, at), text.slice(at)]) controller.enqueue(part);
      controller.close();
    },
  });
const bytes = (text) => new TextEncoder().encode(text);

async function collect(stream) {
  const seen = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

describe('strings split between surrogates', () => {
  test('feed() returns the same events wherever a string is split', () => {
    for (let at = 0; at <= text.length; at++) {
      const parser = new EventStreamParser();
      assert.deepEqual([...parser.feed(text.slice(0, at)), ...parser.feed(text.slice(at))], whole, `split at ${at}`);
    }
  });

  test('feed() with a callback accepts one code unit at a time', () => {
    const parser = new EventStreamParser();
    const seen = [];
    for (let at = 0; at < text.length; at++) parser.feed(text[at], (event) => seen.push(event));
    assert.deepEqual(seen, whole);
  });

  test('the decoder stream and events() accept split strings', async () => {
    for (let at = 0; at <= text.length; at++) {
      assert.deepEqual(
        await collect(halves(at).pipeThrough(new EventStreamDecoderStream())),
        whole,
        `decoder, split at ${at}`,
      );
      assert.deepEqual(await collect(events(halves(at))), whole, `events(), split at ${at}`);
    }
  });

  test('events() keeps the pairs of a string that is longer than one slice', async () => {
    const data = `x${'🦄'.repeat(50_000)}`;
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(`data: ${data}\n\n`);
        controller.close();
      },
    });
    assert.equal((await collect(events(stream)))[0].data, data);
  });

  test('a high surrogate without its pair becomes U+FFFD', () => {
    const parser = new EventStreamParser();
    parser.feed('data: a\ud83e');
    assert.equal(parser.feed('b\n\n')[0].data, 'a\ufffdb');
    parser.feed('data: a\ud83e');
    assert.equal(parser.feed(bytes('b\n\n'))[0].data, 'a\ufffdb');
    parser.feed('data: a\ud83e\ud83e');
    assert.equal(parser.feed('\udd84\n\n')[0].data, 'a\ufffd🦄');
  });

  test('reset() and end() drop a high surrogate that waits for its pair', () => {
    for (const method of ['reset', 'end']) {
      const parser = new EventStreamParser();
      parser.feed('data: \ud83e');
      parser[method]();
      assert.equal(parser.feed('data: \udd84\n\n')[0].data, '\ufffd', method);
    }
  });
});
