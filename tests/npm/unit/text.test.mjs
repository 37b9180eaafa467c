// Text through the packed package: whatever it is made of, and however its bytes lie, it comes out as the platform's
// decoder would have it. Browsers, which make their strings by other ways, do the same in ../spec.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { randomOf } from '../differential/streams.mjs';
import { textDifferences } from './text-cases.mjs';

const require = createRequire(join(process.env.CONSUMER, 'package.json'));
const { EventStreamParser } = require('authenticated-event-source');

test('text of every kind is what the decoder makes of it', () => {
  assert.deepEqual(textDifferences(EventStreamParser, randomOf(20_261_123)), []);
});

// Old browsers have neither `Buffer` nor the js-string builtins of newer engines.
test('text of every kind is what the decoder makes of it, without `Buffer`', () => {
  const buffer = Object.getOwnPropertyDescriptor(globalThis, 'Buffer');
  delete globalThis.Buffer;
  try {
    const entry = require('authenticated-event-source/parser');
    assert.deepEqual(textDifferences(entry.EventStreamParser, randomOf(20_261_130)), []);
  } finally {
    Object.defineProperty(globalThis, 'Buffer', buffer);
  }
});
