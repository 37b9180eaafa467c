// Exact resume: which last event ID the server sees after each way to lose a stream.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { broken, connect, cursors, data, ended, header, open, script, status, stream } from './support.mjs';

const rest = open('data: rest\n\n');

describe('resume', { concurrency: 8 }, () => {
  for (const [what, text, cursor] of [
    ['the ID of the last event', 'id: 1\ndata: a\n\nid: 2\ndata: b\n\n', '2'],
    ['an ID holds for the events after it', 'id: 1\ndata: a\n\ndata: b\n\n', '1'],
    ['an unfinished event does not move the ID', 'id: 1\ndata: a\n\nid: 2\ndata: never finished\n', '1'],
    ['a block of an ID alone moves it', 'id: 1\ndata: a\n\nid: 2\n\n', '2'],
    ['an unfinished block of an ID alone does not', 'id: 1\ndata: a\n\nid: 2\n', '1'],
    ['an empty ID resets it', 'id: 1\ndata: a\n\nid\ndata: b\n\n', null],
    ['an ID with NUL is ignored', 'id: 1\ndata: a\n\nid: 2\u00003\ndata: b\n\n', '1'],
    ['an event without data moves it too', 'id: 1\ndata: a\n\nevent: x\nid: 3\n\n', '3'],
  ]) {
    test(what, async (t) => {
      const server = await script([broken(text), rest]);
      const source = connect(t, server);
      await source.until(1, 'error');
      assert.equal(source.lastEventId, cursor ?? '');
      while (data(source).at(-1) !== 'rest') await source.until(source.of('message').length + 1, 'message');
      assert.deepEqual(cursors(await server.exactly(2)), [null, cursor]);
    });
  }

  for (const id of ['é', 'ÿ', 'Ω中😀', 'a b', '"quoted"', '€1']) {
    test(`the ID ${id} reaches the server as its UTF-8 bytes`, async (t) => {
      const server = await script([broken(`id: ${id}\ndata: a\n\n`), rest]);
      const source = connect(t, server);
      await source.until(2, 'message');
      const requests = await server.exactly(2);
      assert.equal(requests[1].last_event_id_hex, Buffer.from(id).toString('hex'));
      assert.equal(source.of('message')[0].lastEventId, id);
    });
  }

  test('a resumed stream that dies before its first event keeps its cursor', async (t) => {
    const server = await script([broken('id: 7\ndata: a\n\n'), broken(''), broken(': hello\n\nretry: 100\n\n'), rest]);
    await connect(t, server).until(2, 'message');
    assert.deepEqual(cursors(await server.exactly(4)), [null, '7', '7', '7']);
  });

  test('the cursor survives failures of every kind between', async (t) => {
    const server = await script([
      ended('id: 7\ndata: a\n\n'),
      status(503),
      status(429),
      status(401),
      status(500),
      rest,
    ]);
    await connect(t, server, { auth: () => 't' }).until(2, 'message');
    assert.deepEqual(cursors(await server.exactly(6)), [null, '7', '7', '7', '7', '7']);
  });

  test('the event of a resumed stream without an ID has the old one', async (t) => {
    const server = await script([broken('id: 7\ndata: a\n\n'), rest]);
    assert.equal((await connect(t, server).until(2, 'message')).lastEventId, '7');
  });

  test('`lastEventId` says where to start', async (t) => {
    const server = await script([rest]);
    const source = connect(t, server, { lastEventId: '41' });
    assert.equal(source.lastEventId, '41');
    await source.until(1, 'message');
    assert.deepEqual(cursors(await server.exactly(1)), ['41']);
  });

  test('`lastEventId` with NUL, CR or LF is a TypeError', (t) => {
    for (const lastEventId of ['a\0', 'a\r', 'a\n']) {
      assert.throws(() => connect(t, 'http://127.0.0.1:1/', { lastEventId }), TypeError);
    }
  });

  test('no ID: no header, no parameter', async (t) => {
    const server = await script([rest]);
    await connect(t, server, { lastEventIdParam: 'since' }).until(1, 'message');
    const [request] = await server.exactly(1);
    assert.deepEqual([request.last_event_id, request.target.includes('since')], [null, false]);
  });

  test('`lastEventIdParam`: the ID goes into the query, escaped, once; other parameters stay', async (t) => {
    const server = await script([broken('id: a&b=é\ndata: a\n\n'), rest]);
    await connect(t, { url: `${server.url}?x=1&since=0` }, { lastEventIdParam: 'since' }).until(2, 'message');
    const [before, after] = await server.exactly(2);
    assert.match(before.target, /\?x=1&since=0$/);
    const query = new URL(after.target, 'http://x').searchParams;
    assert.deepEqual(
      [...query],
      [
        ['x', '1'],
        ['since', 'a&b=é'],
      ],
    );
  });

  test('reconnect() inside a listener: what was parsed and not delivered comes again, nothing twice', async (t) => {
    const count = { text: 'id: {i}\ndata: {i}\n\n', n: 10, resume: true };
    const server = await script([stream('', { count }, { hang: true })]);
    const source = connect(t, server);
    source.addEventListener('message', ({ data: text }) => text === '4' && source.reconnect());
    // The server sends ten more after the cursor.
    await source.until(14, 'message');
    assert.deepEqual(
      data(source),
      Array.from({ length: 14 }, (_, index) => String(index + 1)),
    );
    assert.deepEqual(cursors(await server.exactly(2)), [null, '4']);
  });

  test('reconnect() inside a listener: types of events that were not delivered keep their names', async (t) => {
    const second = 'event: b\nid: 2\ndata: b\n\n';
    const server = await script([open(`event: a\nid: 1\ndata: a\n\n${second}`), open(second)]);
    const source = connect(t, server);
    source.addEventListener('a', () => source.reconnect());
    await new Promise((resolve) => {
      source.addEventListener('b', resolve);
    });
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
  });

  test('close() inside a listener: nothing more is delivered, and the ID is that of the last delivered', async (t) => {
    const server = await script([open('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n')]);
    const source = connect(t, server);
    source.addEventListener('message', ({ data: text }) => text === 'b' && source.close());
    await server.ended(1);
    assert.deepEqual([data(source), source.lastEventId], [['a', 'b'], '2']);
  });

  test('many interruptions in the middle of events: every event once, in order', async (t) => {
    const texts = Array.from({ length: 12 }, (_, i) => `id: ${i + 1}\ndata: ${i + 1}\n\nid: ${i + 2}\nda`);
    const flapping = await script([...texts.map(ended), rest]);
    const source = connect(t, flapping, { retry: { initialDelay: 1, maxDelay: 1, jitter: 'none' } });
    await source.until(13, 'message');
    assert.deepEqual(data(source), [...texts.map((_, i) => String(i + 1)), 'rest']);
    assert.deepEqual(cursors(await flapping.exactly(13)), [null, ...texts.map((_, i) => String(i + 1))]);
  });

  test('`headers` may not set Last-Event-ID past the source', async (t) => {
    const server = await script([rest]);
    await connect(t, server, { lastEventId: '5', headers: { 'Last-Event-ID': '99' } }).until(1, 'message');
    assert.equal(header((await server.exactly(1))[0], 'last-event-id'), '5');
  });
});
