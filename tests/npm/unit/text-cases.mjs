// Events whose text is of every kind and lies everywhere, and what the platform's decoder makes of it. Runs wherever the
// package does.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Two characters and the first byte of a third; and what that would go on with. */
const CUT_OFF = encoder.encode('\u4e2d\u4e2d\u4e2d').subarray(0, 7);
const CONTINUATION = encoder.encode('\u4e2d').subarray(1);
const X = encoder.encode('x'.repeat(2000));

/** Returns at most three differences between the parsed and the expected events. `random` returns numbers in [0, 1). */
export function textDifferences(EventStreamParser, random) {
  return [
    ...differences(EventStreamParser, random, everyCodePoint(1, 19)),
    // So few letters that are not ASCII that all is decoded at once.
    ...differences(EventStreamParser, random, everyCodePoint(13, 131)),
    ...differences(EventStreamParser, random, randomEvents(random, 20_000, 40)),
    ...differences(EventStreamParser, random, randomEvents(random, 10_000, 2000)),
  ].slice(0, 3);
}

function differences(EventStreamParser, random, events) {
  const parser = new EventStreamParser();
  const found = [];
  for (const chunk of cut(concatenated(events.map(bytesOf)), random)) found.push(...parser.feed(chunk));
  const expected = events.map(expectedOf());
  const isSame = ({ type, data, lastEventId }, index) =>
    found[index]?.type === type && found[index].data === data && found[index].lastEventId === lastEventId;
  const wrong = expected.filter((event, index) => !isSame(event, index)).map((event) => ({ expected: event }));
  return found.length === expected.length ? wrong : [{ expected: expected.length, found: found.length }, ...wrong];
}

/** Every `step`th code point, behind ASCII of all lengths below `padding`. */
function everyCodePoint(step, padding) {
  const events = [];
  let text = '';
  let number = 0;
  for (let point = 0; point <= 0x10ffff; point += step) {
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    if (isSurrogate || point === 0x0a || point === 0x0d) continue;
    text += 'x'.repeat(number++ % padding) + String.fromCodePoint(point);
    if (text.length < 1000) continue;
    events.push({ lines: [encoder.encode(text)] });
    text = '';
  }
  return [...events, { lines: [encoder.encode(text)] }];
}

/** Events of random bytes, malformed ones among them; some with an ID, in front or behind, a type, or several lines. */
function randomEvents(random, count, padding) {
  const upTo = (limit) => Math.floor(random() * limit);
  const pieces = [
    () => X.subarray(0, upTo(padding)),
    () => encoder.encode('\u00e9\u0431\u07ff'.repeat(upTo(3))),
    () => encoder.encode('\u0800\u4e2d\ud55c\uffff'.repeat(upTo(4))),
    () => encoder.encode('\u{1f680}\u{10ffff}'.repeat(upTo(2))),
    () => Uint8Array.from({ length: upTo(4) }, () => 0x80 + upTo(0x80)),
  ];
  // A cut character must not continue with the bytes behind its value.
  const end = () => (upTo(4) === 0 ? CUT_OFF : pieces[upTo(5)]());
  const value = () => concatenated([...Array.from({ length: upTo(6) }, () => pieces[upTo(5)]()), end()]);
  const one = () => ({
    // A third has one line, as most streams do.
    lines: Array.from({ length: Math.max(1, upTo(4) - 1) }, value),
    id: upTo(3) === 0 ? value() : undefined,
    isIdLast: upTo(2) === 0,
    type: upTo(8) === 0 ? value() : undefined,
    unknown: upTo(4) === 0 ? concatenated([CONTINUATION, X.subarray(0, padding)]) : undefined,
  });
  return Array.from({ length: count }, one);
}

function bytesOf({ lines, id, isIdLast, type, unknown }) {
  const field = (name, value) =>
    value === undefined ? [] : [encoder.encode(`${name}: `), value, encoder.encode('\n')];
  const ids = field('id', id);
  const rest = [
    ...field('event', type),
    ...lines.flatMap((line) => field('data', line)),
    ...(unknown ? [unknown, encoder.encode('\n')] : []),
  ];
  return concatenated([...(isIdLast ? [...rest, ...ids] : [...ids, ...rest]), encoder.encode('\n')]);
}

function expectedOf() {
  let lastEventId = '';
  return ({ lines, id, type }) => {
    if (id) lastEventId = decoder.decode(id);
    const name = type?.length ? decoder.decode(type) : 'message';
    return { type: name, data: lines.map((line) => decoder.decode(line)).join('\n'), lastEventId };
  };
}

function concatenated(pieces) {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function* cut(bytes, random) {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(2 ** (20 * random()));
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
