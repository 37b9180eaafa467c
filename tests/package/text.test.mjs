// Text through the packed package: whatever it is made of, and however its bytes lie, it comes out as the platform's
// decoder would have it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { diceOf } from '../differential/streams.mjs';

const require = createRequire(join(process.env.CONSUMER, 'package.json'));
const { EventStreamParser } = require('authenticated-event-source');

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The data of an event for each value. */
function dataOf(values) {
  const lines = values.flatMap((value) => ['data: ', value, '\n\n']).map((piece) => Buffer.from(piece));
  return new EventStreamParser().feed(Buffer.concat(lines)).map(({ data }) => data);
}

function* codePoints() {
  for (let point = 0; point <= 0x10ffff; point++) {
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    if (!isSurrogate && point !== 0x0a && point !== 0x0d) yield String.fromCodePoint(point);
  }
}

test('every code point, behind so much ASCII that it lies everywhere in a vector', () => {
  const values = [];
  let number = 0;
  let value = '';
  for (const character of codePoints()) {
    value += 'x'.repeat(number++ % 19) + character;
    if (value.length < 1000) continue;
    values.push(value);
    value = '';
  }
  values.push(value);
  assert.deepEqual(dataOf(values), values);
});

test('random bytes of all lengths, malformed ones among them', () => {
  const dice = diceOf(20_261_123);
  const upTo = (count) => Math.floor(dice() * count);
  const pieces = [
    () => Buffer.from('x'.repeat(upTo(40))),
    () => Buffer.from('\u00e9\u0431\u07ff'.repeat(upTo(3))),
    () => Buffer.from('\u0800\u4e2d\ud55c\uffff'.repeat(upTo(4))),
    () => Buffer.from('\u{1f680}\u{10ffff}'.repeat(upTo(2))),
    () => Buffer.from(Array.from({ length: upTo(4) }, () => 0x80 + upTo(0x80))),
  ];
  const values = Array.from({ length: 20_000 }, () => Buffer.concat(Array.from({ length: 1 + upTo(6) }, () => pieces[upTo(5)]())));
  assert.deepEqual(dataOf(values), values.map((value) => decoder.decode(value)));
});
