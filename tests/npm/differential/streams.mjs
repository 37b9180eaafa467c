// Random event streams: made of what means something, and of rubbish between. A seed makes the same streams
// on every machine.

/** What a native class does its own way, and a stream for it leaves out: see ../spec/known.mjs. */
export const QUIRKS = {
  chromium: {},
  firefox: { hasNoNul: true, hasNoRetry: true, hasNoLoneId: true },
  webkitgtk: { hasNoRetry: true, hasNoLoneId: true, hasAsciiIds: true, hasNoMarkOfUtf16: true },
};

/** A generator of numbers in [0, 1), from 32 bits (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LINE_ENDS = ['\n', '\n', '\r', '\r\n'];
const NAMES = [
  'data',
  'data',
  'data',
  'data',
  'event',
  'id',
  'retry',
  '',
  'Data',
  'data ',
  ' data',
  'datax',
  'i',
  '\ufeffdata',
  'x',
];
const COLONS = [':', ': ', ':  ', ':\t', ''];
const PIECES = [
  'a',
  'b c',
  '',
  ' ',
  ':',
  '0',
  '7',
  '=',
  '{"a":1}',
  '\u00e4',
  '\u2026',
  '\u4e2d\u6587',
  '\ud83d\ude00',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\0',
  '\t',
  'x'.repeat(300),
];
const RUBBISH = [
  [0xff],
  [0xc3],
  [0xe2, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xed, 0xa0, 0x80],
  [0xc0, 0x8a],
  [0x80],
  [0xef, 0xbb],
  [0xff, 0xfe],
  [0x00],
];
const TIMES = ['0', '1', '7', '20', '007', '', '1x', '+1', '-1', ' 1', '1 ', '1.5', '0x1', '1e1', '\u0661'];
const TYPES = ['a', 'b', 'message', 'open', 'error', 'A b', '\u00e4', '__proto__', ''];

/** `{ bytes, cuts }`: a stream, and where it is cut. */
export function randomStream(random, quirks) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const chance = (part) => random() < part;
  const text = () => Array.from({ length: Math.floor(random() * 3) }, () => pick(PIECES)).join('');
  const isIdLegal = (value) => !quirks.hasAsciiIds || /^[\x20-\x7e]*$/.test(value);

  const parts = [];
  // The comparison includes the reconnect, so its wait is short.
  parts.push(chance(0.1) ? '\ufeff' : '', 'retry: 1\n');
  for (let line = Math.floor(random() * 14); line > 0; line--) {
    if (chance(0.3)) parts.push(pick(LINE_ENDS));
    else if (chance(0.05)) parts.push(Uint8Array.from(pick(RUBBISH)));
    else if (chance(0.1)) parts.push(`:${text()}`, pick(LINE_ENDS));
    else {
      const name = pick(NAMES);
      const value = name === 'retry' ? pick(TIMES) : name === 'event' ? pick(TYPES) : text();
      if (name === 'retry' && quirks.hasNoRetry) continue;
      if (name === 'id' && (quirks.hasNoLoneId || !isIdLegal(value)))
        parts.push(`id:${isIdLegal(value) ? value : ''}\ndata\n`);
      else parts.push(name, pick(COLONS), value, pick(LINE_ENDS));
    }
  }
  if (chance(0.5)) parts.push('\n\ndata: end\n\n');
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part))).filter((byte) => byte !== 0 || !quirks.hasNoNul);
  const cuts = Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * bytes.length)).sort(
    (a, b) => a - b,
  );
  return { bytes, cuts };
}

/** The names of the events that a stream may fire; some more do no harm. */
export function typesIn(bytes) {
  const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split(/\r\n|\r|\n/);
  const values = lines.filter((line) => line.startsWith('event:')).map((line) => line.slice(6));
  return [...new Set(values.map((value) => value.replace(/^ /, '')))].filter(Boolean);
}
