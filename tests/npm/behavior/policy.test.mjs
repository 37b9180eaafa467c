// A page whose Content-Security-Policy forbids the address: distinguished from a dead network, and final.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page, site, siteWith } from './page.mjs';
import { fixture, open, script, status } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';

/** Puts the policy into the page. */
const forbid = (page, policy) =>
  page.evaluate((policy) => {
    const meta = Object.assign(document.createElement('meta'), {
      httpEquiv: 'Content-Security-Policy',
      content: policy,
    });
    document.head.append(meta);
  }, policy);

/** All that a source fires until it is closed. */
const end = (page, url, options) =>
  page.evaluate(
    async ([url, options]) => {
      const source = connect(url, options);
      await source.until(1, 'connectionclose');
      return [...source.fired, source.readyState];
    },
    [url, options],
  );

/** Engines tell of the policy before `fetch` rejects, or a moment after it: a retry may be announced first, and never comes. */
function assertForbidden(fired) {
  const [error, close, readyState] = fired.filter(({ reason }) => reason !== 'network');
  assert.deepEqual([error.type, error.reason, error.willRetry], ['error', 'csp', false]);
  assert.match(error.message, /Content-Security-Policy.*connect-src/);
  assert.deepEqual([close.type, close.reason, readyState], ['connectionclose', 'csp', 2]);
}

describe('a policy that forbids the address', { concurrency: 4, timeout: 60_000 }, () => {
  for (const [what, options] of [
    ['without credentials', {}],
    ['with a token', { auth: 'secret' }],
    ['with the last event ID in the URL', { lastEventId: '7', lastEventIdParam: 'after' }],
    ['as another method', { method: 'POST', body: 'prompt' }],
  ]) {
    test(`${what}: \`csp\`, final, and no request`, async (t) => {
      const server = await script([open(first)]);
      const tab = await page(t);
      await forbid(tab, "connect-src 'self'");
      assertForbidden(await end(tab, `${server.url}?a=b#c`, options));
      await server.exactly(0);
    });
  }

  test('`default-src` speaks for it', async (t) => {
    const tab = await page(t);
    await forbid(tab, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    assertForbidden(await end(tab, `${site.url}/nowhere`));
  });

  test('a redirect to where it forbids', async (t) => {
    const target = await script([open(first)]);
    const server = await script([status(302, { location: target.url.replace('127.0.0.1', 'localhost') })]);
    const tab = await page(t);
    await forbid(tab, `connect-src ${fixture.faults}`);
    assertForbidden(await end(tab, server.url));
    await target.exactly(0);
  });

  test('in a worker', async (t) => {
    const tab = await page(t);
    await forbid(tab, `connect-src ${site.url}`);
    const server = await script([open(first)]);
    const reasons = await tab.evaluate(
      ([entry, url]) =>
        new Promise((resolve) => {
          const text = `
        const { AuthenticatedEventSource } = await import(${JSON.stringify(entry)});
        const source = new AuthenticatedEventSource(${JSON.stringify(url)});
        source.addEventListener('connectionclose', ({ reason }) => postMessage(reason));`;
          // A worker from a blob has the policy of its page.
          const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), {
            type: 'module',
          });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => resolve(message);
        }),
      [`${site.url}/dist/index.js`, server.url],
    );
    assert.equal(reasons, 'csp');
  });

  test('`fetchEventSource` rejects', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await forbid(tab, "connect-src 'self'");
    const error = await tab.evaluate(
      async ([entry, url]) => {
        const { fetchEventSource } = await import(entry);
        return fetchEventSource(url).catch(({ reason, message }) => ({ reason, message }));
      },
      [`${site.url}/dist/fetch-event-source.js`, server.url],
    );
    assert.equal(error.reason, 'csp');
    await server.exactly(0);
  });
});

describe('a policy that forbids nothing of ours', { concurrency: 4, timeout: 60_000 }, () => {
  test('one that only reports', async (t) => {
    const server = await script([open(first)]);
    const reporting = await siteWith({ 'content-security-policy-report-only': "connect-src 'self'" });
    t.after(() => reporting.close());
    const tab = await page(t, `${reporting.url}/index.html`);
    const seen = await tab.evaluate(async (url) => {
      const violation = new Promise((resolve) => {
        addEventListener('securitypolicyviolation', resolve, { once: true });
      });
      const source = connect(url);
      const { disposition } = await violation;
      await source.until(1, 'message');
      return [disposition, ...source.fired.map(({ type }) => type)];
    }, server.url);
    assert.deepEqual(seen, ['report', 'open', 'message']);
  });

  test('one that forbids something else of the same address', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await forbid(tab, "img-src 'none'");
    const reasons = await tab.evaluate(async (url) => {
      // Long enough for the image: only while it waits, the source looks at policies.
      const source = connect(url, { retry: { initialDelay: 1000, jitter: 'none' } });
      await source.until(1, 'error');
      const violation = new Promise((resolve) => {
        addEventListener('securitypolicyviolation', resolve, { once: true });
      });
      new Image().src = url;
      const { blockedURI } = await violation;
      const waits = source.readyState === source.CONNECTING;
      await source.until(1, 'message');
      return [blockedURI === url, waits, ...source.fired.map(({ type, reason }) => reason ?? type)];
    }, server.url);
    assert.deepEqual(reasons, [true, true, 'status', 'open', 'message']);
  });

  test('one that forbids another address', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await forbid(tab, `connect-src ${server.url}`);
    const reasons = await tab.evaluate(async (url) => {
      const source = connect(url, { retry: { initialDelay: 1000, jitter: 'none' } });
      await source.until(1, 'error');
      const violation = new Promise((resolve) => {
        addEventListener('securitypolicyviolation', resolve, { once: true });
      });
      await fetch(`${url}/other`).catch(() => {});
      await violation;
      const waits = source.readyState === source.CONNECTING;
      await source.until(1, 'message');
      return [waits, ...source.fired.map(({ type, reason }) => reason ?? type)];
    }, server.url);
    assert.deepEqual(reasons, [true, 'status', 'open', 'message']);
  });
});
