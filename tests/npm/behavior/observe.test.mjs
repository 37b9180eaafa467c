// [NON-SPEC] The entry observe: figures, gaps, repeats, a log without secrets, marks.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import {
  broken,
  connect,
  data,
  dead,
  jwt,
  open,
  PACKAGE,
  preset,
  QUICK,
  script,
  status,
  stream,
  watch,
} from './support.mjs';

const { AuthenticatedEventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/index.js')));
const { dropRepeats, GapEvent, health, logTo, mark, watchGaps } = await import(
  pathToFileURL(join(PACKAGE, 'dist/observe.js'))
);
const { EventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/event-source.js')));
const first = 'id: 1\ndata: a\n\n';
const gaps = (source) =>
  source.of('gap').map(({ requested, first, missed, reason }) => ({ requested, first, missed, reason }));

describe('health', { concurrency: 8 }, () => {
  test('counts events, bytes and reconnects, and knows when the last byte came', async (t) => {
    const parts = [first, ': comment\n\n', 'event: unheard\ndata: b\n\n'];
    const server = await script([broken(parts.join('')), open('data: c\n\n')]);
    const before = Date.now();
    const source = connect(t, server);
    const figures = health(source);
    assert.deepEqual(figures, { events: 0, bytes: 0, reconnects: 0, gaps: 0, lastByteAt: undefined });
    await source.until(2, 'message');
    const { lastByteAt, ...counts } = figures;
    assert.deepEqual(counts, { events: 3, bytes: parts.join('').length + 9, reconnects: 1, gaps: 0 });
    assert.ok(lastByteAt >= before && lastByteAt <= Date.now());
  });

  test('of what is no source there is none', () => {
    assert.throws(() => health(new EventTarget()), TypeError);
  });
});

describe('watchGaps', { concurrency: 8 }, () => {
  test('the event `gap` of a server that has lost its log', async (t) => {
    const source = connect(t, await preset('epoch-changes'));
    watch(t, source, 'gap');
    const figures = health(source);
    watchGaps(source);
    const event = await source.until(1, 'gap');
    assert.ok(event instanceof GapEvent && event instanceof MessageEvent);
    assert.equal(String(event), '[object GapEvent]');
    assert.deepEqual(gaps(source), [{ requested: '1-2', first: '2-1', missed: undefined, reason: 'epoch' }]);
    await source.until(1, 'connectionclose');
    assert.deepEqual(data(source), ['a', 'b', 'c']);
    assert.equal(figures.gaps, 1);
  });

  const logged = 'event: gap\ndata: {"requested":"1","first":"5","missed":3,"reason":"trimmed"}\n\nid: 5\ndata: b\n\n';
  for (const [what, headers, text, expected] of [
    [
      "Mercure's header",
      { 'Last-Event-ID': 'earliest' },
      'id: 5\ndata: b\n\n',
      [{ requested: '1', first: undefined, missed: undefined, reason: 'header' }],
    ],
    ["Mercure's header with the same meaning", { 'Last-Event-ID': '1' }, 'id: 2\ndata: b\n\n', []],
    [
      'the header of our server',
      { 'SSE-Resumed-From': 'earliest' },
      'id: 5\ndata: b\n\n',
      [{ requested: '1', first: undefined, missed: undefined, reason: 'header' }],
    ],
    [
      'header and event: reported once',
      { 'SSE-Resumed-From': 'earliest' },
      logged,
      [{ requested: '1', first: '5', missed: 3, reason: 'trimmed' }],
    ],
    ['neither', {}, 'id: 2\ndata: b\n\n', []],
  ]) {
    test(what, async (t) => {
      const server = await script([stream(first), { ...open(text), headers }]);
      const source = connect(t, server);
      watch(t, source, 'gap');
      watchGaps(source);
      await source.until(2, 'message');
      assert.deepEqual(gaps(source), expected);
    });
  }

  test('an event `gap` of the application itself stays what it is', async (t) => {
    const source = connect(
      t,
      await script([open('event: gap\ndata: {"mind": "the"}\n\nevent: gap\ndata: no JSON\n\n')]),
    );
    watch(t, source, 'gap');
    watchGaps(source);
    await source.until(2, 'gap');
    assert.deepEqual(
      source.of('gap').map((event) => [event instanceof GapEvent, event.data]),
      [
        [false, '{"mind": "the"}'],
        [false, 'no JSON'],
      ],
    );
  });
});

describe('dropRepeats', { concurrency: 8 }, () => {
  test('the last event again after a reconnect is dropped', async (t) => {
    const server = await preset('duplicate-after-reconnect');
    const [plain, source] = [connect(t, server), connect(t, await preset('duplicate-after-reconnect'))];
    dropRepeats(source);
    await Promise.all([plain.until(1, 'connectionclose'), source.until(1, 'connectionclose')]);
    assert.deepEqual(
      [data(plain), data(source)],
      [
        ['a', 'b', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    );
  });

  test('events without an ID of their own pass; what left the window is new', async (t) => {
    const text = `${first}data: b\n\ndata: b\n\nid: 2\ndata: c\n\n${first}id: 3\ndata: d\n\n${first}`;
    const source = connect(t, await script([open(`${text}data: end\n\n`)]));
    dropRepeats(source, { window: 2 });
    await source.until(7, 'message');
    assert.deepEqual(data(source), ['a', 'b', 'b', 'c', 'd', 'a', 'end']);
  });

  test('a window that makes no sense is a TypeError', (t) => {
    const source = connect(t, 'http://127.0.0.1:1/');
    for (const window of [0, -1, NaN]) assert.throws(() => dropRepeats(source, { window }), TypeError);
  });
});

describe('the hint of logTo', () => {
  /** Opens a source over chunks, 20 s apart by the monotonic clock, and returns the warnings of `logTo`. */
  async function warnings(t, ...chunks) {
    const { now } = performance;
    let later = 0;
    performance.now = () => now.call(performance) + later;
    t.after(() => {
      performance.now = now;
    });
    const stream = new ReadableStream({
      async pull(controller) {
        if (chunks.length === 0) return controller.close();
        later += 20_000;
        controller.enqueue(new TextEncoder().encode(chunks.shift()));
      },
    });
    const source = AuthenticatedEventSource.fromReadableStream(stream);
    watch(t, source);
    const logged = [];
    const ignore = () => {};
    logTo(source, { debug: ignore, info: ignore, error: ignore, warn: (_, text) => logged.push(text) });
    await source.until(1, 'connectionclose');
    return logged;
  }

  test('is logged once if bytes arrive for 30 s without an event', async (t) => {
    const [hint, ...others] = await warnings(t, ...Array(8).fill('data: {"line":1}\n'));
    assert.match(hint, /^Bytes arrive, but no event\. End each event with a blank line/);
    assert.deepEqual(others, []);
  });

  for (const [what, chunks] of [
    ['comments', Array(8).fill(': beat\n\n')],
    ['events', Array(8).fill('data: a\n\n')],
    ['a reconnection time long before the first event', ['retry: 9\n\n', ': beat\n\n', ': beat\n\n', 'data: a\n\n']],
  ]) {
    test(`is not logged for ${what}`, async (t) => {
      assert.deepEqual(await warnings(t, ...chunks), []);
    });
  }
});

describe('logTo', { concurrency: 8 }, () => {
  test('logs what happens, and no secret', async (t) => {
    const server = await script([
      broken(first),
      status(503),
      status(401),
      open(`id: 2\ndata: secret-data\n\n`),
      status(404),
    ]);
    const lines = [];
    const logger = Object.fromEntries(
      ['debug', 'info', 'warn', 'error'].map((level) => [level, (...values) => lines.push([level, ...values])]),
    );
    const token = jwt({ sub: 'secret-user' });
    const source = connect(t, `${server.url}?token=secret-query`, {
      auth: { token: () => token, onUnauthorized: () => {} },
      headers: { 'x-key': 'secret-header' },
    });
    logTo(source, logger);
    await source.until(2, 'message');
    await server.close();
    await source.until(1, 'connectionclose');
    const text = JSON.stringify(lines);
    for (const secret of ['secret', token]) assert.ok(!text.includes(secret), text);
    assert.ok(text.includes(new URL(server.url).pathname));
    const logged = lines
      .filter(([level]) => level !== 'debug')
      .map(([level, , what]) => `${level}: ${what.slice(0, 22)}`);
    assert.deepEqual(logged, [
      'info: open',
      'warn: The server could not b',
      'info: connects anew',
      'warn: The server answered wi',
      'info: connects anew',
      'info: connects anew',
      'info: open again',
      'warn: The server ended the s',
      'info: connects anew',
      'error: The server answered wi',
      'info: closed',
    ]);
  });

  test('a logger that throws does not break the stream', async (t) => {
    const reported = [];
    globalThis.reportError = ({ message }) => reported.push(message);
    const source = connect(t, await script([open(first)]));
    logTo(source, {
      info() {
        throw new Error('full disk');
      },
      debug() {},
    });
    await source.until(1, 'message');
    assert.deepEqual(reported, ['full disk']);
  });
});

test('mark: a measure for each attempt and connection, a mark for the first event', async (t) => {
  const source = watch(t, new EventSource((await script([broken(first), dead, open(first)])).url, { retry: QUICK }));
  mark(source, { name: 'prices' });
  await source.until(2, 'message');
  source.close();
  const entries = performance.getEntries().filter(({ name }) => name.startsWith('prices: '));
  assert.deepEqual(
    entries.filter(({ entryType }) => entryType === 'measure').map(({ name, detail }) => [name, detail]),
    [
      ['prices: connect', { resumed: false }],
      ['prices: open', { code: 'ERR_NETWORK' }],
      ['prices: connect', { code: 'ERR_NETWORK' }],
      ['prices: connect', { resumed: true }],
      ['prices: open', { reason: 'closed' }],
    ],
  );
  assert.equal(entries.filter(({ entryType }) => entryType === 'mark').length, 2);
  assert.ok(entries.every(({ duration }) => duration >= 0));
});
