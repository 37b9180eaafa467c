// CORS in Chromium: which headers a page may send to another origin, and what a refusal looks like.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { page, site } from './page.mjs';
import { cursors, fixture, header, open, preset, script, status, tokens } from './support.mjs';

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

  for (const [what, code] of [
    ['a wrong path', 404],
    ['a 401', 401],
  ]) {
    test(`${what} without CORS headers: the message names this cause, too`, async (t) => {
      const server = await script([{ status: code, cors: false }]);
      const { reason, message } = await until(await page(t), server.url, AUTH, 'error');
      assert.equal(reason, 'cors');
      assert.match(message, /Check the path, and that errors such as 401 have CORS headers too\./);
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
