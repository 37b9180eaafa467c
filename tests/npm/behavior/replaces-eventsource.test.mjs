// The exports that let this package replace the package `eventsource`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { connect, EventSourceError, header, open, PACKAGE, script, status, watch } from './support.mjs';

const root = await import(pathToFileURL(join(PACKAGE, 'dist/index.js')));
const { AuthenticatedEventSource, ErrorEvent, EventSource } = root;

describe('in place of the package eventsource', { concurrency: 8 }, () => {
  test('the root exports its classes and the sign that `fetch` can be replaced', () => {
    assert.equal(EventSource.name, 'EventSource');
    assert.equal(ErrorEvent.name, 'ErrorEvent');
    assert.ok(Symbol.for('eventsource.supports-fetch-override') in EventSource);
    assert.ok(!Object.keys(EventSource).includes(Symbol.for('eventsource.supports-fetch-override')));
    assert.ok(AuthenticatedEventSource.prototype instanceof EventSource);
  });

  test('`event.code` is the status of the response, for a login that starts at 401', async (t) => {
    const server = await script([status(401, { 'www-authenticate': 'Bearer' })]);
    const source = watch(
      t,
      new EventSource(server.url, {
        fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, 'x-mine': '1' } }),
      }),
    );
    const event = await source.until(1, 'error');
    assert.equal(event.code, 401);
    assert.ok(event instanceof ErrorEvent && event instanceof Event);
    assert.equal(typeof event.message, 'string');
    assert.equal(header((await server.exactly(1))[0], 'x-mine'), '1');
  });

  test('`event.code` is undefined without a response; the stable text is `event.error.code`', async (t) => {
    const event = await connect(t, 'http://127.0.0.1:1/', { retry: false }).until(1, 'error');
    assert.deepEqual([event.code, event.status, event.error.code], [undefined, undefined, 'ERR_NETWORK']);
    const refused = await connect(t, await script([status(404)])).until(1, 'error');
    assert.deepEqual([refused.code, refused.status, refused.error.code], [404, 404, 'ERR_STATUS']);
  });

  test('an ErrorEvent can be created as with that package', () => {
    const event = new ErrorEvent('error', { code: 503, message: 'not now' });
    assert.deepEqual([event.type, event.code, event.message], ['error', 503, 'not now']);
    assert.equal(new ErrorEvent('error').code, undefined);
  });

  test('an ErrorEvent is an instance of the ErrorEvent of the platform, where one exists', () => {
    const entry = JSON.stringify(pathToFileURL(join(PACKAGE, 'dist/index.js')));
    const program = `
      class PlatformErrorEvent extends Event {
        #init;
        constructor(type, init) { super(type, init); this.#init = init; }
        get error() { return this.#init.error; }
        get message() { return this.#init.message; }
      }
      globalThis.ErrorEvent = PlatformErrorEvent;
      const { AuthenticatedEventSource } = await import(${entry});
      const source = new AuthenticatedEventSource('http://127.0.0.1:1/', { retry: false });
      source.onerror = (event) => {
        const inherited = (name) => Object.getOwnPropertyDescriptor(PlatformErrorEvent.prototype, name).get.call(event);
        console.log(JSON.stringify([event instanceof PlatformErrorEvent, event.error.code, inherited('error') === event.error, inherited('message') === event.message]));
      };`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(output), [true, 'ERR_NETWORK', true, true]);
  });

  test('`require` has the same exports', () => {
    const program = `console.log(Object.keys(require(${JSON.stringify(join(PACKAGE, 'dist/cjs/index.js'))})).sort().join())`;
    assert.equal(
      execFileSync(process.execPath, ['--eval', program], { encoding: 'utf8' }).trim(),
      Object.keys(root).sort().join(),
    );
  });

  test('the script without modules leaves the EventSource and ErrorEvent of the page', () => {
    const program = `
      const code = require('node:fs').readFileSync(${JSON.stringify(join(PACKAGE, 'dist/global.js'))}, 'utf8');
      const native = [(globalThis.EventSource = class {}), (globalThis.ErrorEvent = class extends Event {})];
      (0, eval)(code);
      console.log(native.join() === [EventSource, ErrorEvent].join() && typeof AuthenticatedEventSource);`;
    const output = execFileSync(process.execPath, ['--eval', program], { encoding: 'utf8' });
    assert.equal(output.trim(), 'function');
  });
});

describe('several copies of this package', () => {
  const copy = join(PACKAGE, 'dist/cjs');

  test('an error of one copy is an instance of EventSourceError of another', async (t) => {
    const { createRequire } = await import('node:module');
    const other = createRequire(import.meta.url)(join(copy, 'index.js'));
    assert.notEqual(other.EventSourceError, EventSourceError);
    const { error } = await connect(t, await script([status(403)])).until(1, 'error');
    assert.ok(error instanceof other.EventSourceError && error instanceof EventSourceError);
    for (const value of [new Error('x'), {}, null, undefined, 'text', 7])
      assert.ok(!(value instanceof EventSourceError));
    class Mine extends EventSourceError {}
    assert.ok(
      !(error instanceof Mine) &&
        new Mine('m', { reason: 'end' }) instanceof Mine &&
        new Mine('m', { reason: 'end' }) instanceof other.EventSourceError,
    );
  });

  test('health() of one copy counts for a source of another', async (t) => {
    const { createRequire } = await import('node:module');
    const { health } = createRequire(import.meta.url)(join(copy, 'observe.js'));
    const source = connect(t, await script([open('data: a\n\ndata: b\n\n')]));
    const counters = health(source);
    await source.until(2, 'message');
    assert.equal(counters.events, 2);
    assert.throws(() => health(new EventTarget()), TypeError);
  });

  test('a class without `new` is named in the exception', () => {
    for (const name of ['AuthenticatedEventSource', 'EventSource']) {
      assert.throws(
        () => root[name]('http://127.0.0.1:1/'),
        (error) => error instanceof TypeError && error.message.includes(`constructor ${name} `),
        name,
      );
    }
  });
});
