// The other behavior in Chromium: asynchronous compilation, garbage, the entry slim, workers.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page, site } from './page.mjs';
import { open, script, stream } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const AUTH = { auth: 'secret' };

/** The first event of a type that a source in the page fires. */
const until = (page, url, options, type, count = 1) =>
  page.evaluate(
    ([url, options, type, count]) => {
      globalThis.source = connect(url, options);
      return source.until(count, type);
    },
    [url, options, type, count],
  );

describe('where WebAssembly comes late', { timeout: 60_000 }, () => {
  test('an engine that compiles only asynchronously: invisible to the user', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    const seen = await tab.evaluate(async (url) => {
      const { Module } = WebAssembly;
      WebAssembly.Module = new Proxy(Module, {
        construct() {
          throw new RangeError('too large for the main thread');
        },
      });
      const closed = connect(url);
      closed.close();
      globalThis.source = connect(url, { lastEventId: '0' });
      const before = source.readyState;
      await source.until(1, 'message');
      WebAssembly.Module = Module;
      return [before, source.readyState, source.lastEventId, closed.fired.length];
    }, server.url);
    assert.deepEqual(seen, [0, 1, '1', 0]);
    await server.exactly(1);
  });

  test('WebAssembly that cannot be compiled at all is a fatal error', async (t) => {
    const tab = await page(t);
    const failed = await tab.evaluate(async (url) => {
      WebAssembly.Module = new Proxy(WebAssembly.Module, {
        construct() {
          throw new WebAssembly.CompileError('forbidden');
        },
      });
      globalThis.source = connect(url);
      return source.until(1, 'error');
    }, `${site.url}/nowhere`);
    assert.deepEqual([failed.reason, failed.willRetry], ['csp', false]);
    assert.match(failed.message, /'wasm-unsafe-eval'/);
  });
});

describe('what nobody holds', { timeout: 60_000 }, () => {
  test('a source that was garbage all along stays alive while it is open and has listeners', async (t) => {
    const server = await script([stream(first, { sleep_ms: 1500 }, { text: 'data: late\n\n' }, { hang: true })]);
    const tab = await page(t);
    await tab.evaluate(
      (url) =>
        new Promise((resolve) => {
          globalThis.seen = [];
          new AuthenticatedEventSource(url).onmessage = ({ data }) => {
            seen.push(data);
            resolve();
          };
        }),
      server.url,
    );
    const devtools = await tab.context().newCDPSession(tab);
    for (let round = 0; round < 5; round += 1) await devtools.send('HeapProfiler.collectGarbage');
    await tab.waitForFunction(() => seen.length === 2);
    assert.deepEqual(await tab.evaluate(() => seen), ['a', 'late']);
    await server.exactly(1);
  });
});

describe('the entry slim', { timeout: 60_000 }, () => {
  test('a WebAssembly file that does not load is an error of that source, and the next tries again', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await tab.route('**/*.wasm', (route) => route.abort(), { times: 1 });
    const seen = await tab.evaluate(async (url) => {
      const { AuthenticatedEventSource } = await import('./dist/slim.js');
      const { error, willRetry, target } = await new Promise((resolve) => {
        new AuthenticatedEventSource(url).onerror = resolve;
      });
      const { data } = await new Promise((resolve) => {
        new AuthenticatedEventSource(url).onmessage = resolve;
      });
      return [error.code, willRetry, target.readyState, data];
    }, server.url);
    assert.deepEqual(seen, ['ERR_WASM', false, 2, 'a']);
    await server.exactly(1);
  });

  for (const [what, answer] of [
    ['is not there', { status: 404, body: 'not found' }],
    ['is a page of the application', { contentType: 'text/html', body: '<!doctype html>' }],
    ['is a page under the type of WebAssembly', { contentType: 'application/wasm', body: '<!doctype html>' }],
  ]) {
    test(`a WebAssembly file that ${what} is named, and no policy is blamed`, async (t) => {
      const tab = await page(t);
      await tab.route('**/*.wasm', (route) => route.fulfill(answer));
      const { code, cause } = await tab.evaluate(async () => {
        const { AuthenticatedEventSource } = await import('./dist/slim.js');
        const { error } = await new Promise((resolve) => {
          new AuthenticatedEventSource('/events').onerror = resolve;
        });
        return { code: error.code, cause: error.cause.message };
      });
      assert.equal(code, 'ERR_WASM');
      assert.match(cause, /authenticated_event_source\.wasm is no WebAssembly/);
    });
  }

  test('the parser by itself waits for the file too', async (t) => {
    const tab = await page(t);
    const seen = await tab.evaluate(async () => {
      const { events, EventStreamDecoderStream } = await import('./dist/slim.js');
      const response = () => new Response('data: a\n\n', { headers: { 'Content-Type': 'text/event-stream' } });
      const decoded = response().body.pipeThrough(new EventStreamDecoderStream()).getReader();
      const seen = [(await decoded.read()).value.data];
      for await (const { data } of events(response())) seen.push(data);
      return seen;
    });
    assert.deepEqual(seen, ['a', 'a']);
  });

  test('an engine without WebAssembly: an error, not an exception', async (t) => {
    const tab = await page(t);
    const code = await tab.evaluate(async () => {
      const { AuthenticatedEventSource } = await import('./dist/index.js');
      delete globalThis.WebAssembly;
      return new Promise((resolve) => {
        new AuthenticatedEventSource('/events').onerror = (event) => resolve(event.error.code);
      });
    });
    assert.equal(code, 'ERR_WASM');
  });
});

describe('workers', { timeout: 60_000 }, () => {
  test('relative URLs are those of the worker; `online` and the rest work without a document', async (t) => {
    const tab = await page(t);
    const seen = await tab.evaluate(
      () =>
        new Promise((resolve) => {
          const text = `import { AuthenticatedEventSource } from '${location.origin}/dist/index.js';
        const bad = (() => { try { new AuthenticatedEventSource('http://'); } catch ({ name }) { return name; } })();
        const source = new AuthenticatedEventSource('${location.origin}/nowhere', 'token');
        source.onerror = ({ status }) => postMessage([status, source.readyState, bad]);`;
          const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), {
            type: 'module',
          });
          worker.onmessage = ({ data }) => resolve(data);
        }),
    );
    assert.deepEqual(seen, [404, 2, 'SyntaxError']);
  });

  test('a listener that throws is reported as the platform does', async (t) => {
    const server = await script([open('data: a\n\ndata: b\n\n')]);
    const tab = await page(t);
    const reported = [];
    tab.on('pageerror', ({ message }) => reported.push(message));
    await tab.evaluate((url) => {
      globalThis.source = connect(url);
      source.addEventListener('message', () => {
        throw new Error('mine');
      });
      return source.until(2, 'message');
    }, server.url);
    await server.exactly(1);
    assert.deepEqual(reported, ['mine', 'mine']);
  });

  test('a page that goes away ends its requests', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, AUTH, 'message');
    await tab.close();
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });
});
