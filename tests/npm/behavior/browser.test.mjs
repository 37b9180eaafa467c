// What only a browser does: CORS, redirects between origins, the life of a page.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { page, site, siteWith } from './page.mjs';
import { cursors, fixture, header, open, preset, script, status, stream, tokens } from './support.mjs';

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
const fired = (page) => page.evaluate(() => source.fired.map(({ type }) => type));

describe('CORS', { concurrency: 4, timeout: 60_000 }, () => {
  test('another origin that allows us: events, with its origin', async (t) => {
    const server = await script([open(first)]);
    const message = await until(await page(t), server.url, AUTH, 'message');
    assert.deepEqual([message.data, message.origin], ['a', new URL(fixture.faults).origin]);
    assert.deepEqual(tokens(await server.exactly(1)), ['Bearer secret']);
  });

  for (const name of ['preflight-no-auth', 'preflight-refused', 'cors-missing']) {
    test(`${name}: told apart from a dead network, fatal, and the advice names the headers`, async (t) => {
      const server = await preset(name);
      const { reason, willRetry, message } = await until(await page(t), server.url, AUTH, 'error');
      assert.deepEqual({ reason, willRetry }, { reason: 'cors', willRetry: false });
      assert.match(message, /Access-Control-Allow-Origin.*Authorization.*Access-Control-Allow-Headers/);
    });
  }

  test('the probe carries no secret', async (t) => {
    const server = await preset('preflight-refused');
    await until(await page(t), server.url, { ...AUTH, headers: { 'X-API-Key': 'secret' } }, 'error');
    const requests = await server.requests(1);
    assert.deepEqual(
      requests.map((request) => [request.authorization, header(request, 'x-api-key'), request.cookie]),
      requests.map(() => [null, undefined, null]),
    );
  });

  test('a refusal after another failure is told apart as well', async (t) => {
    const server = await script([status(503), { status: 200, cors: false, steps: [] }]);
    const tab = await page(t);
    const { reason } = await until(tab, server.url, AUTH, 'error', 2);
    assert.equal(reason, 'cors');
  });

  test('a network that is dead is retried', async (t) => {
    const gone = createServer();
    await new Promise((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${gone.address().port}/`;
    await new Promise((resolve) => gone.close(resolve));
    const own = await page(t);
    const { reason, willRetry } = await until(own, url, AUTH, 'error', 3);
    assert.deepEqual({ reason, willRetry }, { reason: 'network', willRetry: true });
  });

  test('a server that comes back between the attempt and the probe is no refusal', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await tab.evaluate(() => {
      const { fetch } = globalThis;
      let calls = 0;
      globalThis.fetch = (...request) => (++calls === 1 ? Promise.reject(new TypeError('reset')) : fetch(...request));
    });
    await until(tab, server.url, AUTH, 'message');
    assert.deepEqual(await fired(tab), ['open', 'message']);
    assert.deepEqual(tokens(await server.exactly(2)), [null, 'Bearer secret']);
  });

  test('the first connect works, no reconnect does: the message says `Last-Event-ID`, and it goes on trying', async (t) => {
    const server = await preset('preflight-no-cursor');
    const own = await page(t);
    await until(own, server.url, AUTH, 'message');
    const advice = await own.waitForFunction(() => source.fired.find(({ reason }) => reason === 'cors'));
    const { willRetry, message } = await advice.jsonValue();
    assert.equal(willRetry, true);
    assert.match(message, /`Last-Event-ID`.*`lastEventIdParam`/);
  });

  test('`lastEventIdParam` is the way out: in the query of another origin, and not in the header', async (t) => {
    const server = await preset('preflight-no-cursor');
    const own = await page(t);
    await until(own, server.url, { ...AUTH, lastEventIdParam: 'since' }, 'open', 2);
    const requests = await server.requests(2);
    assert.match(requests[1].target, /\?since=.+$/);
    assert.deepEqual(cursors(requests.slice(0, 2)), [null, null]);
  });

  test('`withCredentials` sends cookies to another origin, the default does not', async (t) => {
    const origin = site.url;
    const allowed = { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
    for (const withCredentials of [true, false]) {
      const server = await script([{ ...open(first), headers: allowed }, open(first)]);
      const own = await page(t);
      await own.context().addCookies([{ name: 'session', value: 'x', url: fixture.faults }]);
      await until(own, server.url, { withCredentials }, 'message');
      const [{ cookie }] = await server.requests(1);
      assert.equal(cookie !== null, withCredentials);
    }
  });
});

describe('redirects', { concurrency: 4, timeout: 60_000 }, () => {
  /** A site that has the package's page and redirects `/go` there; it notes who asks. */
  async function redirecting(t, target) {
    const seen = [];
    const server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url, 'http://x');
      if (pathname === '/go' || pathname === '/loop') {
        seen.push(request.headers);
        response
          .writeHead(307, {
            location: pathname === '/loop' ? '/loop' : target,
            'access-control-allow-origin': '*',
            'access-control-allow-headers': '*, authorization',
          })
          .end();
      } else if (pathname === '/stream') {
        seen.push(request.headers);
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\ndata: here\n\n');
      } else {
        const file = await fetch(site.url + pathname);
        response.writeHead(file.status, { 'content-type': file.headers.get('content-type') }).end(await file.text());
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${server.address().port}`, seen };
  }
  const SECRETS = [
    ['auth', { auth: 'secret' }],
    ['a custom header', { headers: { 'X-API-Key': 'secret' } }],
  ];

  for (const [what, options] of SECRETS) {
    test(`same-origin URL, ${what}, redirected to another origin: refused, and the other origin never asked`, async (t) => {
      const other = await script([open(first)]);
      const own = await redirecting(t, other.url);
      const tab = await page(t, `${own.url}/index.html`);
      const { reason, willRetry, message } = await until(tab, '/go', options, 'error');
      assert.deepEqual({ reason, willRetry }, { reason: 'redirect', willRetry: false });
      assert.match(message, /redirectPolicy: 'follow'/);
      assert.deepEqual([await other.exactly(0), await other.preflights()], [[], []]);
    });

    test(`cross-origin URL, ${what}, redirected anywhere: refused`, async (t) => {
      const other = await script([open(first)]);
      const middle = await script([status(302, { location: other.url })]);
      const { reason, willRetry } = await until(await page(t), middle.url, options, 'error');
      assert.deepEqual({ reason, willRetry }, { reason: 'redirect', willRetry: false });
      await other.exactly(0);
      await middle.exactly(1);
    });
  }

  test('a frame acts for the origin of the page around it; a sandboxed one for none', async (t) => {
    // A sandboxed frame loads modules as a stranger.
    const open = await siteWith({ 'access-control-allow-origin': '*' });
    t.after(() => open.close());
    const tab = await page(t, `${open.url}/index.html`);
    const guards = await tab.evaluate(async () => {
      const guard = (sandbox) =>
        new Promise((resolve) => {
          const frame = document.createElement('iframe');
          if (sandbox) frame.sandbox = 'allow-scripts';
          frame.srcdoc = `<script type="module">
          import { AuthenticatedEventSource } from '${location.origin}/dist/index.js';
          const fetch = (url, { mode, redirect }) => new Promise(() => parent.postMessage({ mode, redirect }, '*'));
          new AuthenticatedEventSource('${location.origin}/events', { auth: 'secret', fetch });
        </script>`;
          addEventListener('message', ({ data }) => resolve(`${data.mode} ${data.redirect}`), { once: true });
          document.body.append(frame);
        });
      return [await guard(false), await guard(true)];
    });
    assert.deepEqual(guards, ['same-origin undefined', 'undefined manual']);
  });

  test('same-origin redirects are followed with secrets', async (t) => {
    const own = await redirecting(t, '/stream');
    const message = await until(await page(t, `${own.url}/index.html`), '/go', AUTH, 'message');
    assert.deepEqual([message.data, message.origin], ['here', own.url]);
    assert.deepEqual(
      own.seen.map(({ authorization }) => authorization),
      ['Bearer secret', 'Bearer secret'],
    );
  });

  test('without secrets any redirect is followed; the origin is that of the final URL', async (t) => {
    const other = await script([open(first)]);
    const own = await redirecting(t, other.url);
    const message = await until(await page(t, `${own.url}/index.html`), '/go', {}, 'message');
    assert.equal(message.origin, new URL(fixture.faults).origin);
  });

  test("`redirectPolicy: 'follow'`: the custom header goes along", async (t) => {
    const other = await script([open(first)]);
    const own = await redirecting(t, other.url);
    const options = { headers: { 'X-API-Key': 'key' }, redirectPolicy: 'follow' };
    await until(await page(t, `${own.url}/index.html`), '/go', options, 'message');
    assert.equal(header((await other.exactly(1))[0], 'x-api-key'), 'key');
  });

  test('a loop of redirects is an error that ends', async (t) => {
    const own = await redirecting(t, '/loop');
    const tab = await page(t, `${own.url}/index.html`);
    const { reason } = await until(tab, '/loop', {}, 'error');
    assert.equal(reason, 'network');
  });
});

describe('the life of a page', { concurrency: 4, timeout: 60_000 }, () => {
  const LATE = { retry: { initialDelay: 600_000, maxDelay: 600_000 } };
  test('a broken stream is a network error', async (t) => {
    const server = await script([stream(first, { sleep_ms: 100 }, { rst: true }), open('data: b\n\n')]);
    const tab = await page(t);
    await until(tab, server.url, {}, 'message', 2);
    assert.deepEqual(await tab.evaluate(() => source.fired.map(({ type, reason }) => reason ?? type)), [
      'open',
      'message',
      'network',
      'open',
      'message',
    ]);
  });

  test('`online`: a waiting retry fires now', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await until(tab, server.url, LATE, 'error');
    await tab.evaluate(() => {
      dispatchEvent(new Event('online'));
      return source.until(1, 'message');
    });
    await server.exactly(2);
  });

  test('the page is shown: a waiting retry fires now, which it did not when the page was loaded or hidden', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await until(tab, server.url, LATE, 'error');
    await tab.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })));
    await hide(tab, true);
    await server.exactly(1);
    await hide(tab, false);
    await tab.evaluate(() => source.until(1, 'message'));
    await server.exactly(2);
  });

  test('the clock jumped: a stream that should have spoken is found dead', async (t) => {
    const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
    const tab = await page(t);
    await until(tab, server.url, { heartbeatTimeout: 60_000 }, 'message');
    const { reason } = await tab.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 3600_000;
      dispatchEvent(new Event('online'));
      return source.until(1, 'error');
    });
    assert.equal(reason, 'stalled');
    await tab.evaluate(() => source.until(2, 'message'));
    assert.deepEqual(cursors(await server.requests(2)), [null, '1']);
  });

  test('the clock jumped: a waiting retry fires without any event', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await until(tab, server.url, LATE, 'error');
    await tab.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 3600_000;
      return source.until(1, 'message');
    });
  });

  test('`online` and silence that is allowed: the open stream stays', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, { heartbeatTimeout: 60_000 }, 'message');
    await tab.evaluate(() => {
      dispatchEvent(new Event('online'));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await server.exactly(1);
  });

  const hide = (tab, hidden) =>
    tab.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);

  test('`openWhenHidden: false`: closed while hidden, resumed when shown, no error event', async (t) => {
    const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
    const tab = await page(t);
    await until(tab, server.url, { openWhenHidden: false }, 'message');
    await hide(tab, true);
    assert.equal((await server.ended(1))[0].ended.by, 'client');
    await server.exactly(1);
    assert.deepEqual(await tab.evaluate(() => [source.readyState, source.state.phase]), [0, 'suspended']);
    await hide(tab, false);
    await tab.evaluate(() => source.until(2, 'message'));
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    assert.deepEqual(
      (await fired(tab)).filter((type) => type === 'error'),
      [],
    );
  });

  test('`openWhenHidden: false` on a page that is hidden from the start: no request until it is shown', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await hide(tab, true);
    await tab.evaluate((url) => {
      globalThis.source = connect(url, { openWhenHidden: false });
    }, server.url);
    await server.exactly(0);
    await hide(tab, false);
    await tab.evaluate(() => source.until(1, 'message'));
  });

  test('by default a hidden page stays connected', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, {}, 'message');
    await hide(tab, true);
    const [request] = await server.exactly(1);
    assert.equal(request.ended, null);
  });

  for (const [as, options] of [
    ['', {}],
    [", also with `retry: 'spec'`", { retry: 'spec' }],
  ]) {
    test(`back/forward cache: the page is cached with an open source, which resumes on return${as}`, async (t) => {
      const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
      const tab = await page(t);
      await until(tab, server.url, options, 'message');
      await tab.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => {
          globalThis.wasCached = persisted;
        });
      });
      await tab.goto(`${site.url}/other.html`);
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
      await tab.evaluate(() => history.back());
      await tab.waitForFunction(() => globalThis.wasCached === true);
      await tab.evaluate(() => source.until(2, 'message'));
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
      assert.deepEqual(
        (await fired(tab)).filter((type) => type === 'error'),
        [],
      );
    });
  }

  test('back/forward cache: a POST is not sent again on return, it has failed', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, { method: 'POST', body: 'prompt', retry: undefined }, 'message');
    await tab.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        globalThis.wasCached = persisted;
      });
    });
    await tab.goto(`${site.url}/other.html`);
    await server.ended(1);
    await tab.evaluate(() => history.back());
    await tab.waitForFunction(() => globalThis.wasCached === true);
    assert.deepEqual((await tab.evaluate(() => source.until(1, 'close'))).reason, 'network');
    await server.exactly(1);
  });

  test('`openWhenHidden: false` and POST: hiding the page ends it, unless `retry` is given', async (t) => {
    for (const [retry, requests] of [
      [undefined, 1],
      [{ initialDelay: 100 }, 2],
    ]) {
      const server = await script([open(first)]);
      const tab = await page(t);
      await until(tab, server.url, { method: 'POST', body: 'prompt', openWhenHidden: false, retry }, 'message');
      await hide(tab, true);
      await server.ended(1);
      await hide(tab, false);
      await server.exactly(requests);
    }
  });
});

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
      const { code, willRetry, target } = await new Promise((resolve) => {
        new AuthenticatedEventSource(url).onerror = resolve;
      });
      const { data } = await new Promise((resolve) => {
        new AuthenticatedEventSource(url).onmessage = resolve;
      });
      return [code, willRetry, target.readyState, data];
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
        new AuthenticatedEventSource('/events').onerror = (event) => resolve(event.code);
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
