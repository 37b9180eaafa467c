// The surface: constants, properties, members of `RequestInit`, states, and the entry event-source.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import {
  AuthenticatedEventSource,
  broken,
  connect,
  data,
  dead,
  EventStreamDecoderStream,
  EventStreamParser,
  header,
  open,
  PACKAGE,
  script,
  status,
  stream,
  watch,
} from './support.mjs';

const { EventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/event-source.js')));
const first = 'id: 1\ndata: a\n\n';

describe('the native surface', { concurrency: 8 }, () => {
  test('constants, on the class and on each instance', (t) => {
    const source = connect(t, 'http://127.0.0.1:1/');
    for (const holder of [AuthenticatedEventSource, source, EventSource]) {
      assert.deepEqual([holder.CONNECTING, holder.OPEN, holder.CLOSED], [0, 1, 2]);
    }
    assert.ok(source instanceof EventTarget && source instanceof EventSource);
    assert.equal(String(source), '[object AuthenticatedEventSource]');
  });

  test('url is absolute and normalised; an URL object will do', (t) => {
    assert.equal(connect(t, 'HTTP://127.0.0.1:1/a/../b?c#d').url, 'http://127.0.0.1:1/b?c#d');
    assert.equal(connect(t, new URL('http://127.0.0.1:1/')).url, 'http://127.0.0.1:1/');
  });

  test('objects say what they are, minified or not', async (t) => {
    const source = connect(t, await script([open(first)]));
    const opened = await source.until(1, 'open');
    const tag = (object) => Object.prototype.toString.call(object);
    assert.deepEqual([opened.constructor.name, tag(opened)], ['OpenEvent', '[object Event]']);
    assert.equal(tag(new EventStreamParser()), '[object EventStreamParser]');
    assert.equal(tag(new EventStreamDecoderStream()), '[object EventStreamDecoderStream]');
  });

  test('withCredentials is false unless asked for', (t) => {
    assert.equal(connect(t, 'http://127.0.0.1:1/').withCredentials, false);
    assert.equal(connect(t, 'http://127.0.0.1:1/', { withCredentials: true }).withCredentials, true);
  });

  test('an event of the stream is a MessageEvent with data, lastEventId, origin', async (t) => {
    const server = await script([open(first)]);
    const event = await connect(t, server).until(1, 'message');
    assert.ok(event instanceof MessageEvent);
    assert.deepEqual(
      [event.type, event.data, event.lastEventId, event.origin],
      ['message', 'a', '1', new URL(server.url).origin],
    );
  });

  test('such an event looks like a MessageEvent from every side; that of `EventSource` is one', async (t) => {
    const server = await script([open(first), open(first)]);
    const event = await connect(t, server).until(1, 'message');
    const model = new MessageEvent('message');
    const members = (object) => {
      const names = [];
      for (const name in object) names.push(name);
      return names.sort();
    };
    const tag = (object) => Object.prototype.toString.call(object);
    assert.deepEqual([event.constructor, tag(event)], [MessageEvent, tag(model)]);
    assert.deepEqual(members(event), members(model));
    for (const name of ['source', 'ports', 'isTrusted', 'bubbles', 'cancelable', 'composed'])
      assert.deepEqual(event[name], model[name], name);
    assert.ok(Object.isFrozen(event.ports) && event.target instanceof AuthenticatedEventSource);
    assert.throws(() => {
      event.data = 'b';
    }, TypeError);
    const native = new EventSource(server.url);
    t.after(() => native.close());
    const real = await new Promise((resolve) => {
      native.onmessage = resolve;
    });
    const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
    assert.equal(get.call(real), 'a');
  });

  test('is imported also where there is no MessageEvent, to render a page', () => {
    const entry = JSON.stringify(pathToFileURL(join(PACKAGE, 'dist/index.js')));
    execFileSync(process.execPath, [
      '--input-type=module',
      '--eval',
      `delete globalThis.MessageEvent; await import(${entry});`,
    ]);
  });

  test('readyState in its course', async (t) => {
    const server = await script([broken(first), status(404)]);
    const source = connect(t, server);
    const seen = [source.readyState];
    for (const type of ['open', 'message', 'error']) source.addEventListener(type, () => seen.push(source.readyState));
    await source.until(2, 'error');
    assert.deepEqual(seen, [0, 1, 1, 0, 2]);
  });

  test('methods and getters refuse another `this`', () => {
    const { prototype } = EventSource;
    assert.throws(() => prototype.close.call({}), TypeError);
    assert.throws(() => prototype.url, TypeError);
    assert.throws(() => AuthenticatedEventSource(), TypeError);
  });
});

describe('[NON-SPEC] options and properties', { concurrency: 8 }, () => {
  test('the request: GET, Accept, no-store, and what the caller says', async (t) => {
    const server = await script([open(first)]);
    await connect(t, server, {
      headers: [
        ['X-A', '1'],
        ['X-A', '2'],
      ],
    }).until(1, 'message');
    const [request] = await server.exactly(1);
    assert.deepEqual(
      ['accept', 'cache-control', 'x-a'].map((name) => header(request, name)),
      ['text/event-stream', 'no-cache', '1, 2'],
    );
    assert.equal(request.method, 'GET');
  });

  test('`Accept` of the caller stays', async (t) => {
    const server = await script([open(first)]);
    await connect(t, server, { headers: { accept: 'text/event-stream, application/json' } }).until(1, 'message');
    assert.equal(header((await server.exactly(1))[0], 'accept'), 'text/event-stream, application/json');
  });

  test('members of RequestInit reach `fetch` as they are', async (t) => {
    const init = {
      cache: 'reload',
      credentials: 'omit',
      integrity: 'sha256-x',
      mode: 'cors',
      referrer: '',
      referrerPolicy: 'no-referrer',
    };
    const seen = await new Promise((resolve) => {
      connect(t, 'http://127.0.0.1:1/', { ...init, fetch: (_, given) => (resolve(given), new Promise(() => {})) });
    });
    for (const [name, value] of Object.entries(init)) assert.equal(seen[name], value, name);
    assert.equal(seen.method, 'GET');
    assert.ok(seen.signal instanceof AbortSignal);
  });

  test('headers given as an object are copied: what the caller changes later is not ours', async (t) => {
    const server = await script([open(first)]);
    const headers = { 'x-a': 'before' };
    const source = connect(t, server, { headers });
    headers['x-a'] = 'after';
    await source.until(1, 'message');
    assert.equal(header((await server.exactly(1))[0], 'x-a'), 'before');
  });

  test('`state` and `connectionstatechange` show every phase', async (t) => {
    const server = await script([stream(first, { sleep_ms: 100 }), status(401), open(first)]);
    const source = connect(t, server, { auth: () => 't' });
    const phases = [source.state.phase];
    source.addEventListener('connectionstatechange', ({ state }) => {
      assert.equal(state, source.state);
      assert.ok(Math.abs(Date.now() - state.since) < 60_000);
      phases.push(`${state.phase} ${state.attempt} ${state.nextRetryIn} ${state.reason}`);
    });
    await source.until(2, 'message');
    source.close();
    assert.deepEqual(phases, [
      'connecting',
      'open 1 undefined undefined',
      'waiting 1 100 end',
      'connecting 2 undefined retry',
      'connecting 2 undefined unauthorized',
      'open 1 undefined undefined',
    ]);
    assert.deepEqual([source.state.phase, source.state.reason], ['closed', 'closed']);
  });

  test('`streamcomment` is delivered to listeners, in order with the events', async (t) => {
    const server = await script([open(`: one\n${first}:two\n:\ndata: b\n\n`)]);
    const source = new AuthenticatedEventSource(server.url);
    watch(t, source, 'streamcomment');
    await source.until(2, 'message');
    assert.deepEqual(
      source.fired.map(({ type, data: text }) => `${type} ${text}`),
      ['open undefined', 'streamcomment one', 'message a', 'streamcomment two', 'streamcomment ', 'message b'],
    );
  });

  test('an `open` event says whether it resumed, and has the response', async (t) => {
    const server = await script([broken(first), open('data: b\n\n')]);
    const source = connect(t, server);
    await source.until(2, 'open');
    assert.deepEqual(
      source
        .of('open')
        .map(({ resumed, response }) => [resumed, response.status, response.bodyUsed || response.body.locked]),
      [
        [false, 200, true],
        [true, 200, true],
      ],
    );
  });
});

describe('the entry event-source', { concurrency: 8 }, () => {
  test('is the same machine under the native name, in spec mode', async (t) => {
    const refused = await script([status(503)]);
    // `connect` passes options, which the native class does not have.
    class WithoutOptions extends EventSource {
      // biome-ignore lint/complexity/noUselessConstructor: it drops the second argument
      constructor(url) {
        super(url);
      }
    }
    const source = connect(t, refused, {}, WithoutOptions);
    await source.until(1, 'error');
    assert.equal(source.readyState, 2);
    await refused.exactly(1);
    assert.deepEqual(
      source.fired.map(({ type }) => type),
      ['error'],
    );
  });

  test('still takes our init', async (t) => {
    // A status is final for this class, as in browsers. A dead connection is retried.
    const server = await script([dead, open(first)]);
    const source = watch(
      t,
      new EventSource(server.url, { auth: 'secret', retry: { initialDelay: 100, maxDelay: 100 } }),
    );
    await source.until(1, 'message');
    assert.deepEqual([data(source), (await server.exactly(2))[1].authorization.value], [['a'], 'Bearer secret']);
  });

  test('has the members of the interface, and no others of ours', () => {
    const names = Object.getOwnPropertyNames(EventSource.prototype);
    for (const name of [
      'url',
      'withCredentials',
      'readyState',
      'onopen',
      'onmessage',
      'onerror',
      'close',
      'CONNECTING',
      'OPEN',
      'CLOSED',
    ]) {
      assert.ok(names.includes(name), name);
      assert.equal(Object.getOwnPropertyDescriptor(EventSource.prototype, name).enumerable, true, name);
    }
    for (const name of ['reconnect', 'reset', 'state', 'lastEventId']) assert.ok(!names.includes(name), name);
    assert.equal(EventSource.name, 'EventSource');
  });
});
