// What the source makes of each kind of response.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, data, ended, open, script, status } from './support.mjs';

const typed = (type) => ({ headers: { 'content-type': type }, steps: [{ text: 'data: a\n\n' }, { hang: true }] });

describe('responses', { concurrency: 8 }, () => {
  for (const type of [
    'text/event-stream',
    'text/event-stream;charset=utf-8',
    'TEXT/Event-Stream',
    'text/event-stream ; charset=latin-1',
    ' text/event-stream',
    'text/event-stream charset=utf-8',
  ]) {
    test(`200 and \`${type}\` opens`, async (t) => {
      const source = connect(t, await script([typed(type)]));
      await source.until(1, 'message');
      const [opened] = source.fired;
      assert.deepEqual([opened.type, opened.resumed, opened.response.status], ['open', false, 200]);
      assert.equal(source.readyState, 1);
    });
  }

  for (const type of ['text/plain', 'application/json', 'text/event-streams', 'application/x-ndjson', null]) {
    test(`200 and the type ${type} is fatal, and the message quotes it`, async (t) => {
      const server = await script([typed(type)]);
      const source = connect(t, server);
      const {
        reason,
        error: { code },
        status: number,
        message,
        willRetry,
      } = await source.until(1, 'error');
      assert.deepEqual(
        { reason, code, number, willRetry },
        { reason: 'content-type', code: 'ERR_CONTENT_TYPE', number: 200, willRetry: false },
      );
      assert.ok(message.includes(type ?? 'no `Content-Type`'), message);
      assert.deepEqual(data(source), []);
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
    });
  }

  test('200 and HTML is fatal, and said to look like a login page', async (t) => {
    const server = await script([typed('text/html; charset=utf-8')]);
    const { message } = await connect(t, server).until(1, 'error');
    assert.match(message, /`text\/html; charset=utf-8`.*login/);
    await server.exactly(1);
  });

  test('204 closes for good, without an error', async (t) => {
    const server = await script([status(204)]);
    const source = connect(t, server);
    assert.equal((await source.until(1, 'connectionclose')).reason, 'no-content');
    assert.deepEqual(
      source.fired.map(({ type }) => type),
      ['connectionclose'],
    );
    assert.equal(source.readyState, 2);
    await server.exactly(1);
  });

  test('204 after a stream ends the reconnecting', async (t) => {
    const server = await script([ended('id: 1\ndata: a\n\n'), status(204)]);
    const source = connect(t, server);
    await source.until(1, 'connectionclose');
    assert.deepEqual(
      source.fired.map(({ type }) => type),
      ['open', 'message', 'error', 'connectionclose'],
    );
    await server.exactly(2);
  });

  for (const code of [201, 202, 203, 206, 304]) {
    test(`${code} is fatal, even with the right type`, async (t) => {
      const server = await script([{ ...typed('text/event-stream'), status: code }]);
      const { reason, status: number } = await connect(t, server).until(1, 'error');
      assert.deepEqual([reason, number], ['status', code]);
      await server.exactly(1);
    });
  }

  test('a stream in pieces of one byte, of CR, LF and CRLF, with a BOM and bad UTF-8', async (t) => {
    const bytes = Buffer.concat([
      Buffer.from('\ufeffid: 1\rdata: a\r\ndata: é😀\n\revent: b\ndata: '),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('\n\n'),
    ]);
    const server = await script([
      { steps: [{ split: { hex: bytes.toString('hex'), every: 1, pause_ms: 1 } }, { hang: true }] },
    ]);
    const source = connect(t, server);
    const { data: broken } = await new Promise((resolve) => {
      source.addEventListener('b', resolve);
    });
    assert.deepEqual([data(source), broken], [['a\né😀'], '\ufffd\ufffd']);
  });

  test('an unfinished event at the end of the stream is dropped', async (t) => {
    const source = connect(t, await script([ended('data: a\n\ndata: b\n')]), { retry: false });
    await source.until(1, 'connectionclose');
    assert.deepEqual(data(source), ['a']);
  });

  test('events named like ours are events of the stream', async (t) => {
    const source = connect(t, await script([open('event: error\ndata: a\n\nevent: open\ndata: b\n\n')]));
    const named = await source.until(1, 'error');
    await source.until(2, 'open');
    assert.deepEqual([named.data, named instanceof MessageEvent, source.readyState], ['a', true, 1]);
  });
});
