// The vectors of the event stream, through the packed package: what Rust finds must arrive whole in
// JavaScript, whatever the chunks and the encoding.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { readVectors } from '../../core/vectors/read.mjs';

const require = createRequire(join(process.env.CONSUMER, 'package.json'));
const { EventStreamDecoderStream, EventStreamParser, events } = require('authenticated-event-source');

const vectors = readVectors();

const isEvent = (item) => 'data' in item;
const eventsOf = ({ items }) => items.filter(isEvent);
const isTooLarge = ({ items }) => items.some((item) => item.tooLarge);

function* pieces(stream, cuts) {
  let start = 0;
  for (const end of [...cuts, stream.length]) {
    yield stream.slice(start, end);
    start = end;
  }
}

/** The members of an event that the vectors contain. */
const plain = ({ type, data, lastEventId }) => ({ type, data, lastEventId });

/** Everything that the parser finds, in the words of the vectors. */
function parse(parser, chunks) {
  const found = [];
  let tooLarge = false;
  for (const chunk of chunks) {
    try {
      found.push(...parser.feed(chunk).map(plain));
    } catch (error) {
      assert.equal(error.code, 'ERR_TOO_LARGE');
      tooLarge = true;
    }
  }
  return { found, tooLarge, lastEventId: parser.lastEventId };
}

function expected(vector) {
  const ids = vector.items.filter((item) => 'lastEventId' in item);
  return {
    found: eventsOf(vector),
    tooLarge: isTooLarge(vector),
    lastEventId: ids.at(-1)?.lastEventId ?? vector.start,
  };
}

function check(vector, parser, cuts) {
  parser.reset(vector.start);
  // The last, empty chunk asks for what came behind the events of the last chunk: the limit.
  const found = parse(parser, [...pieces(vector.stream, cuts), new Uint8Array()]);
  assert.deepEqual(found, expected(vector), `${vector.name}, cut at ${cuts}`);
}

const parserFor = ({ limit }) => new EventStreamParser({ maxEventSize: limit });

test('whole', () => {
  for (const vector of vectors) check(vector, parserFor(vector), []);
});

test('byte by byte', () => {
  for (const vector of vectors) check(vector, parserFor(vector), [...vector.stream.keys()]);
});

test('every split of short streams into two', () => {
  for (const vector of vectors.filter(({ stream }) => stream.length <= 200)) {
    const parser = parserFor(vector);
    for (const place of vector.stream.keys()) check(vector, parser, [place]);
  }
});

test('all streams one after another through one parser', () => {
  const parser = new EventStreamParser();
  const unlimited = vectors.filter((vector) => !isTooLarge(vector));
  for (const vector of [...unlimited, ...unlimited]) check(vector, parser, []);
});

test('as a string, where the stream is text', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const vector of vectors) {
    const text = decoder.decode(vector.stream);
    if (text.includes('\ufffd')) continue;
    const parser = parserFor(vector);
    parser.reset(vector.start);
    assert.deepEqual(parse(parser, [text, '']), expected(vector), vector.name);
  }
});

test('the reconnection time', () => {
  for (const vector of vectors) {
    const parser = parserFor(vector);
    parse(parser, [vector.stream]);
    const times = vector.items.filter((item) => 'retry' in item).map(({ retry }) => Number(retry));
    const [time, latest] = [parser.reconnectionTime, times.at(-1)];
    // What is longer than a number holds exactly is as long as the parser can say.
    if (latest > Number.MAX_SAFE_INTEGER) assert.ok(time >= Number.MAX_SAFE_INTEGER, vector.name);
    else assert.equal(time, latest, vector.name);
    parser.reset();
    assert.equal(parser.reconnectionTime, undefined, vector.name);
  }
});

/** What a way of reading gives, up to its end or its error. */
async function collect(iterable) {
  const found = [];
  try {
    for await (const event of iterable) found.push(plain(event));
  } catch (error) {
    assert.equal(error.code, 'ERR_TOO_LARGE');
    return { found, tooLarge: true };
  }
  return { found, tooLarge: false };
}

function streamOf(bytes, size) {
  const cuts = [...bytes.keys()].filter((at) => at > 0 && at % size === 0);
  return ReadableStream.from(pieces(bytes, cuts));
}

test('through events() and the decoder stream', async () => {
  for (const vector of vectors) {
    const options = { maxEventSize: vector.limit, lastEventId: vector.start };
    const want = { found: eventsOf(vector), tooLarge: isTooLarge(vector) };
    for (const size of [5, 4096]) {
      const stream = () => streamOf(vector.stream, size);
      assert.deepEqual(await collect(events(stream(), options)), want, `${vector.name}, events()`);
      const decoded = stream().pipeThrough(new EventStreamDecoderStream(options));
      const found = await collect(decoded);
      assert.equal(found.tooLarge, want.tooLarge, `${vector.name}, decoder stream`);
      // An error overtakes what waits in the stream: it may cut the events, not change them.
      const complete = want.tooLarge ? want.found.slice(0, found.found.length) : want.found;
      assert.deepEqual(found.found, complete, `${vector.name}, decoder stream`);
    }
  }
});
