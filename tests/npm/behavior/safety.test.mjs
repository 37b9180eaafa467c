// Errors, secrets, limits, and callbacks that do what they like.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, test } from 'node:test';
import {
  AuthenticatedEventSource,
  broken,
  connect,
  data,
  dead,
  ended,
  EventSourceError,
  open,
  QUICK,
  script,
  status,
  stream,
  watch,
  within,
} from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const NOWHERE = 'http://127.0.0.1:1/';

describe('close()', { concurrency: 8 }, () => {
  const closing = {
    'in onopen': { on: 'open', responses: [open(first)] },
    'in onmessage': { on: 'message', responses: [open(first + first)] },
    'in onerror, before a retry': { on: 'error', responses: [status(503)] },
    'in onerror, after a fatal failure': { on: 'error', responses: [status(404)] },
    'in a listener for statechange': { on: 'statechange', responses: [open(first)] },
    'in a listener for comments': { on: 'comment', responses: [open(`: hello\n\n${first}`)] },
  };
  for (const [where, { on, responses }] of Object.entries(closing)) {
    test(`${where}: nothing fires afterwards, nothing is left`, async (t) => {
      const server = await script(responses);
      const source = connect(t, server);
      const after = [];
      await within('the close', (resolve) => {
        source.addEventListener(on, () => {
          if (source.readyState === 2 && after.isClosed) return after.push(on);
          source.close();
          source.close();
          after.isClosed = true;
          resolve();
        });
      });
      const fired = source.fired.length;
      await server.exactly(1);
      await server.ended(1);
      // The recording listener runs before ours, so the event itself is in the record.
      assert.deepEqual([source.fired.length, [...after], source.readyState], [fired, [], 2]);
      assert.deepEqual([source.state.phase], ['closed']);
    });
  }

  const callbacks = {
    token: (close) => ({ auth: () => (close(), 't') }),
    onUnauthorized: (close) => ({ auth: { token: () => 't', onUnauthorized: close } }),
    headers: (close) => ({ headers: () => (close(), {}) }),
    body: (close) => ({ method: 'POST', body: () => (close(), 'x') }),
    shouldRetry: (close) => ({ shouldRetry: () => (close(), true) }),
    parse: (close) => ({ parse: (text) => (close(), text) }),
    fetch: (close) => ({ fetch: (...request) => (close(), fetch(...request)) }),
  };
  for (const [name, options] of Object.entries(callbacks)) {
    test(`in \`${name}\`: nothing fires afterwards, nothing is left`, async (t) => {
      const response = { onUnauthorized: status(401), shouldRetry: status(503) }[name] ?? open(first + first);
      const server = await script([response]);
      let source;
      let fired;
      await within('the callback', (resolve) => {
        const close = () => {
          source.close();
          fired = source.fired.length;
          resolve();
        };
        source = connect(t, server, options(close));
      });
      await server.exactly({ onUnauthorized: 1, shouldRetry: 1, parse: 1 }[name] ?? 0);
      assert.deepEqual([source.fired.length, source.readyState], [fired, 2]);
    });
  }

  test('right after the constructor: no request', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server);
    source.close();
    await server.exactly(0);
    assert.deepEqual(source.fired, []);
  });

  test('while connecting: the request ends', async (t) => {
    const server = await script([{ framing: 'raw', steps: [{ hang: true }] }]);
    const source = connect(t, server);
    await server.requests(1);
    source.close();
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('while waiting: no further request', async (t) => {
    const server = await script([status(503)]);
    const source = connect(t, server, { retry: { ...QUICK, initialDelay: 200, maxDelay: 200 } });
    await source.until(1, 'error');
    source.close();
    await server.exactly(1, 600);
  });

  test('everything may be called afterwards, and does nothing', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server);
    await source.until(1, 'message');
    source.close();
    source.reconnect();
    source.reset();
    source.close();
    await server.exactly(1);
    assert.deepEqual([source.readyState, source.reconnectionTime], [2, 100]);
  });

  test('`using` closes', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server);
    await source.until(1, 'message');
    source[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    await server.ended(1);
    assert.equal(source.readyState, 2);
  });

  test('a new source, and reconnect(), inside any callback', async (t) => {
    const server = await script([open(first)]);
    const others = await script([open(first)]);
    const sources = [];
    const create = () => sources.push(connect(t, others));
    const once = (act) => {
      let isDone = false;
      return () => {
        if (!isDone) {
          isDone = true;
          act();
        }
      };
    };
    const reconnect = Object.fromEntries(
      ['open', 'message', 'statechange'].map((type) => [type, once(() => source.reconnect())]),
    );
    const source = connect(t, server, {
      auth: once(create) && (() => (sources.length === 0 && create(), 't')),
      parse: (text) => text,
    });
    for (const type of Object.keys(reconnect))
      source.addEventListener(type, () => {
        create();
        reconnect[type]();
      });
    await source.until(1, 'message');
    await Promise.all(sources.slice(0, 3).map((other) => other.until(1, 'message')));
    assert.deepEqual(source.of('error'), []);
    assert.equal(source.readyState === 2, false);
    source.close();
    for (const other of sources) other.close();
  });
});

describe('signal', { concurrency: 8 }, () => {
  test('aborted before the start: closed, a close event, no error, no request', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server, { signal: AbortSignal.abort() });
    assert.equal((await source.until(1, 'close')).reason, 'aborted');
    await server.exactly(0);
    assert.deepEqual(
      [source.fired.map(({ type }) => type), source.readyState, source.state.reason],
      [['close'], 2, 'aborted'],
    );
  });

  for (const [when, responses, type] of [
    ['while open', [open(first)], 'message'],
    ['while waiting', [status(503)], 'error'],
  ]) {
    test(`aborted ${when}: the same, and the request ends`, async (t) => {
      const controller = new AbortController();
      const server = await script(responses);
      const source = connect(t, server, { signal: controller.signal });
      await source.until(1, type);
      controller.abort();
      assert.equal((await source.until(1, 'close')).reason, 'aborted');
      await server.ended(1);
      await server.exactly(1);
    });
  }

  test('aborted by `parse` or a listener in the middle of an event: nothing comes after `close`', async (t) => {
    for (const type of ['parse', 'statechange']) {
      const controller = new AbortController();
      const parse = (data) => {
        if (type === 'parse') controller.abort();
        return data;
      };
      const source = connect(t, await script([open(first)]), { signal: controller.signal, parse });
      if (type === 'statechange')
        source.addEventListener(type, ({ state }) => {
          if (state.phase === 'open') controller.abort();
        });
      await source.until(1, 'close');
      assert.equal(source.fired.at(-1).type, 'close', type);
    }
  });

  test('aborted after close(): nothing', async (t) => {
    const controller = new AbortController();
    const source = connect(t, await script([open(first)]), { signal: controller.signal });
    source.close();
    controller.abort();
    assert.deepEqual(source.fired, []);
  });
});

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
      source.addEventListener('comment', resolve);
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
      const [{ reason, code, willRetry, error }] = source.of('error');
      assert.deepEqual({ reason, code, willRetry }, { reason: 'parse', code: 'ERR_PARSE', willRetry: false });
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

describe('limits', { concurrency: 8 }, () => {
  for (const [what, response] of [
    ['one large event', open(`${first}data: ${'x'.repeat(2000)}\n\n`)],
    ['an endless line', stream(first, { repeat: { n: 0, of: [{ text: 'x'.repeat(1000) }] } })],
    ['an event of endless lines', stream(first, { repeat: { n: 0, of: [{ text: 'data: x\n' }] } })],
    ['an endless comment', stream(`${first}:`, { repeat: { n: 0, of: [{ text: 'x'.repeat(1000) }] } })],
  ]) {
    test(`${what} is fatal: 'too-large', after the events before it`, async (t) => {
      const server = await script([response]);
      const source = connect(t, server, { maxEventSize: 1000 });
      const { reason, code, willRetry, message } = await source.until(1, 'error');
      assert.deepEqual({ reason, code, willRetry }, { reason: 'too-large', code: 'ERR_TOO_LARGE', willRetry: false });
      assert.match(message, /maxEventSize/);
      assert.deepEqual([data(source), source.lastEventId], [['a'], '1']);
      await server.ended(1);
      await server.exactly(1);
    });
  }

  test('what stands in for the platform breaks the source: it closes, and says why', async (t) => {
    const response = new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } });
    Object.defineProperty(response, 'url', { value: 'http://[' });
    const source = connect(t, { url: 'https://broken.example/' }, { fetch: async () => response });
    const { reason, willRetry, error } = await source.until(1, 'error');
    assert.deepEqual({ reason, willRetry }, { reason: 'wasm', willRetry: false });
    assert.ok(error.cause instanceof TypeError);
    assert.equal((await source.until(1, 'close')).reason, 'wasm');
  });

  test('an event that comes with one that is too large is a sign of health', async (t) => {
    const refused = { status: 503 };
    const server = await script([refused, refused, open(`${first}data: ${'x'.repeat(2000)}\n\n`), open('')]);
    const source = connect(t, server, { maxEventSize: 1000, shouldRetry: () => true });
    const { reason, attempt } = await source.until(3, 'error');
    assert.deepEqual({ reason, attempt }, { reason: 'too-large', attempt: 1 });
  });

  test('an endless line of 16 MiB and more leaves the memory bounded', async (t) => {
    const server = await script([stream('data: ', { repeat: { n: 0, of: [{ text: 'x'.repeat(65536) }] } })]);
    const source = connect(t, server);
    assert.equal((await source.until(1, 'error')).reason, 'too-large');
    await server.ended(1);
  });
});

describe('errors', { concurrency: 8 }, () => {
  test('a URL that is not valid: a SyntaxError DOMException', () => {
    for (const url of ['', 'http://', 'events']) {
      assert.throws(
        () => new AuthenticatedEventSource(url),
        (error) => error instanceof DOMException && error.name === 'SyntaxError',
      );
    }
    assert.throws(() => new AuthenticatedEventSource('/events'), /must be absolute/);
    assert.throws(() => new AuthenticatedEventSource(), TypeError);
  });

  for (const [what, init] of Object.entries({
    'a header name': { headers: { 'sec ret': 'x' } },
    'a header value': { headers: { x: 'sec\r\nret' } },
    'a token with a line break': 'sec\nret',
    'a token with NUL': { auth: 'sec\0ret' },
    'a scheme': { auth: { token: () => 't', scheme: 'sec\nret' } },
    'the name of the auth header': { auth: { token: 't', header: 'sec ret' } },
    'a method': { method: 'GE T' },
    'a mode': { mode: 'sometimes' },
    'a cache': { cache: 'sometimes' },
    credentials: { credentials: 'sometimes' },
    'a body of a GET': { body: 'secret' },
    'a body that can be sent only once, with a retry': { method: 'POST', body: new Blob(['x']).stream(), retry: {} },
    'a body that can be sent only once, with a refresh': {
      method: 'POST',
      body: new Blob(['x']).stream(),
      auth: { token: 't', onUnauthorized() {} },
    },
    'an auth without a token': { auth: {} },
    'an auth': { auth: 7 },
    'a retry': { retry: 'always' },
    'a signal': { signal: {} },
    'a redirect policy': { redirectPolicy: 'never' },
    'a timeout': { connectTimeout: -1 },
    'a size': { maxEventSize: 'x' },
    'a fetch': { fetch: 'x' },
    'a shouldRetry': { shouldRetry: true },
    'a parse': { parse: 'xml' },
    'a number for options': 7,
  })) {
    test(`${what} that makes no sense is a TypeError of the constructor, which quotes no secret`, () => {
      assert.throws(
        () => new AuthenticatedEventSource(NOWHERE, init),
        (error) => {
          assert.ok(error instanceof TypeError, inspect(error));
          assert.doesNotMatch(inspect(error), /sec[^u]?[^u]?ret/);
          return true;
        },
      );
    });
  }

  test('every error is an EventSourceError with a stable code and advice', async (t) => {
    const source = connect(t, await script([status(500), ended(''), dead, status(403)]));
    await source.until(4, 'error');
    for (const event of source.of('error')) {
      assert.ok(event.error instanceof EventSourceError && event.error instanceof Error);
      assert.equal(event.error.name, 'EventSourceError');
      assert.equal(event.code, `ERR_${event.reason.toUpperCase().replace('-', '_')}`);
      assert.deepEqual(
        [event.error.code, event.error.reason, event.error.message],
        [event.code, event.reason, event.message],
      );
      assert.ok(event.message.length > 20);
    }
    assert.deepEqual(
      source.of('error').map(({ reason }) => reason),
      ['status', 'end', 'network', 'status'],
    );
  });

  test('no secret in any error, event or printed source', async (t) => {
    const SECRET = 'hunter2-hunter2';
    const secrets = {
      auth: { token: () => SECRET, onUnauthorized: () => {} },
      headers: { 'X-API-Key': SECRET, Cookie: `session=${SECRET}` },
      retry: { ...QUICK, maxRetries: 1 },
    };
    for (const responses of [
      [status(500), status(401)],
      [dead],
      [status(403, { 'set-cookie': `s=${SECRET}` })],
      [broken('')],
      [{ headers: { 'content-type': 'text/html' } }],
      [status(302, { location: `${NOWHERE}?${SECRET}` })],
    ]) {
      const source = connect(t, await script(responses), secrets);
      source.addEventListener('statechange', (event) => source.fired.push(event));
      await source.until(1, 'close');
      const events = source.fired;
      for (const thing of [source, ...events, ...events.map(({ error }) => error)]) {
        for (const text of [
          String(thing),
          JSON.stringify(thing) ?? '',
          inspect(thing, { depth: 8 }),
          thing?.message,
          thing?.stack,
        ]) {
          assert.ok(!text?.includes(SECRET), `${text}`);
        }
      }
    }
  });

  test('`fetch`: in place of the global one, called on every attempt', async (t) => {
    const calls = [];
    const answers = [
      () => Promise.reject(new TypeError('offline')),
      () => new Response('data: a\n\n', { headers: { 'content-type': 'text/event-stream' } }),
    ];
    const source = connect(t, NOWHERE, {
      fetch: (url, init) => (
        calls.push([url, init.method, init.cache]), answers[calls.length - 1]?.() ?? new Response(null, { status: 204 })
      ),
    });
    await source.until(1, 'close');
    assert.deepEqual(calls, Array(3).fill([NOWHERE, 'GET', 'no-store']));
    assert.deepEqual(data(source), ['a']);
  });
});
