// Redirects in Chromium: a secret never follows a redirect to another origin.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { page, site, siteWith } from './page.mjs';
import { fixture, header, open, script, status } from './support.mjs';

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
