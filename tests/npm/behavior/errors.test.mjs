// Size limits, invalid options, and the errors that sources report.
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
} from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const NOWHERE = 'http://127.0.0.1:1/';

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
      const {
        reason,
        error: { code },
        willRetry,
        message,
      } = await source.until(1, 'error');
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
    assert.equal((await source.until(1, 'connectionclose')).reason, 'wasm');
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
    assert.throws(
      () => new AuthenticatedEventSource('/events'),
      /create the source in an effect .*, or use an absolute URL/,
    );
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
    'both auth and token': { auth: 'sec', token: 'sec' },
    'a mode whose responses cannot be read': { mode: 'no-cors' },
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
      assert.equal(event.code, event.status);
      assert.equal(event.error.code, `ERR_${event.reason.toUpperCase().replace('-', '_')}`);
      assert.deepEqual(
        [event.error.status, event.error.reason, event.error.message],
        [event.status, event.reason, event.message],
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
      source.addEventListener('connectionstatechange', (event) => source.fired.push(event));
      await source.until(1, 'connectionclose');
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
    await source.until(1, 'connectionclose');
    assert.deepEqual(calls, Array(3).fill([NOWHERE, 'GET', 'no-store']));
    assert.deepEqual(data(source), ['a']);
  });
});
