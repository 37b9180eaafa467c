// Listeners that throw or close, and `parse`.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticatedEventSource, connect, data, open, script, stream, watch } from './support.mjs';

describe('listeners', { concurrency: 8 }, () => {
  test('one that throws is reported, and everything else goes on', async (t) => {
    const server = await script([open('data: a\n\ndata: b\n\n')]);
    const reported = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => reported.push(error.message));
    try {
      const source = new AuthenticatedEventSource(server.url);
      source.addEventListener('message', () => {
        throw new Error('mine');
      });
      watch(t, source);
      await source.until(2, 'message');
      assert.equal(source.readyState, 1);
      await server.exactly(1);
      assert.deepEqual(reported, ['mine', 'mine']);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  test('added for a type after the connect, they hear what comes from then on', async (t) => {
    const server = await script([
      stream(
        'event: x\ndata: 1\n\ndata: go\n\n',
        { sleep_ms: 300 },
        { text: 'event: x\ndata: 2\n\n: c\n' },
        { hang: true },
      ),
    ]);
    const source = connect(t, server);
    await source.until(1, 'message');
    const comment = new Promise((resolve) => {
      source.addEventListener('streamcomment', resolve);
    });
    const event = await new Promise((resolve) => {
      source.addEventListener('x', resolve);
    });
    assert.equal(event.data, '2');
    assert.equal((await comment).data, 'c');
  });

  test('objects with handleEvent, `once`, `signal` and removal work as on any EventTarget', async (t) => {
    const server = await script([open('data: a\n\ndata: b\n\n')]);
    const seen = [];
    const removed = () => seen.push('removed');
    const source = new AuthenticatedEventSource(server.url);
    source.addEventListener('message', { handleEvent: ({ data: text }) => seen.push(`object ${text}`) });
    source.addEventListener('message', ({ data: text }) => seen.push(`once ${text}`), { once: true });
    source.addEventListener('message', removed);
    source.addEventListener('message', removed, { signal: AbortSignal.abort() });
    source.addEventListener('message', null);
    source.removeEventListener('message', removed);
    watch(t, source);
    await source.until(2, 'message');
    assert.deepEqual(seen, ['object a', 'once a', 'object b']);
  });

  test('event handlers: null for what is no object, `this` is the source, a later one takes the place of the first', async (t) => {
    const server = await script([open('data: a\n\n')]);
    const source = new AuthenticatedEventSource(server.url);
    const seen = [];
    assert.equal(source.onmessage, null);
    source.onmessage = 5;
    assert.equal(source.onmessage, null);
    source.onmessage = () => seen.push('never');
    source.addEventListener('message', () => seen.push('listener'));
    const handler = function handler() {
      seen.push(this === source);
    };
    source.onmessage = handler;
    assert.equal(source.onmessage, handler);
    source.onopen = { handleEvent: () => seen.push('never') };
    watch(t, source);
    await source.until(1, 'message');
    assert.deepEqual(seen, [true, 'listener']);
    source.onmessage = null;
    assert.equal(source.onmessage, null);
  });
});

describe('parse', { concurrency: 8 }, () => {
  const two = open('data: {"n":1}\n\ndata: {n\n\ndata: {"n":3}\n\n');
  const schema = (validate) => ({ '~standard': { version: 1, vendor: 'test', validate } });
  for (const [what, parse] of [
    ["'json'", 'json'],
    ['a function', (text, event) => ({ n: JSON.parse(text).n, type: event.type }) && JSON.parse(text)],
    ['a Standard Schema', schema((value) => ({ value }))],
  ]) {
    test(`${what}: what fails is an error event with \`reason: 'parse'\`, and the stream goes on`, async (t) => {
      const source = connect(t, await script([two]), { parse });
      await source.until(2, 'message');
      assert.deepEqual(data(source), [{ n: 1 }, { n: 3 }]);
      const [{ reason, willRetry, error }] = source.of('error');
      assert.deepEqual(
        { reason, code: error.code, willRetry },
        { reason: 'parse', code: 'ERR_PARSE', willRetry: false },
      );
      assert.ok(error.cause instanceof SyntaxError);
      assert.equal(source.readyState, 1);
    });
  }

  test('issues of a schema are the cause', async (t) => {
    const source = connect(t, await script([open('data: 1\n\n')]), {
      parse: schema(() => ({ issues: [{ message: 'too small' }] })),
    });
    const { error } = await source.until(1, 'error');
    assert.match(error.cause.message, /too small/);
  });

  test('an asynchronous schema is refused, and leaves no rejection behind', async (t) => {
    const source = connect(t, await script([open('data: 1\n\n')]), {
      parse: schema(async () => {
        throw new Error('later');
      }),
    });
    const { error } = await source.until(1, 'error');
    assert.match(error.cause.message, /asynchronous/);
  });

  test('what is parsed reaches a loop, too', async (t) => {
    const source = connect(t, await script([open('data: {"n":1}\n\n')]), { parse: 'json' });
    for await (const event of source) {
      assert.deepEqual(event.data, { n: 1 });
      break;
    }
  });
});
