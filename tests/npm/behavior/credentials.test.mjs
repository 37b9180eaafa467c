// Secrets reach the origin of the URL that the caller gave, and no other.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import {
  AuthenticatedEventSource,
  connect,
  data,
  ended,
  fixture,
  header,
  open,
  PACKAGE,
  script,
  status,
  within,
} from './support.mjs';
import { casesOf, entriesOf, FORMS, playAll, SECRET, STATUSES } from './credentials/cases.mjs';

const entry = (name) => import(pathToFileURL(join(PACKAGE, `dist/${name}.js`)));
const { EventSource } = await entry('event-source');
const { fetchEventSource } = await entry('fetch-event-source');
const { AuthenticatedEventSource: Shared } = await entry('shared');

const first = 'id: 1\ndata: a\n\n';
/** The same server under the name of another origin. */
const elsewhere = (url) => url.replace('127.0.0.1', 'localhost');
const withoutSecrets = (requests) => requests.filter((request) => JSON.stringify(request.headers).includes(SECRET));

describe('redirects to another origin', { timeout: 240_000 }, () => {
  test('every entry, mode, form of secret and redirect: the other origin receives no request', async () => {
    const far = await script([open(first)]);
    const entries = entriesOf({ AuthenticatedEventSource, EventSource, fetchEventSource, Shared });
    const cases = casesOf(entries);
    const played = await playAll(
      cases,
      {
        entries,
        near: fixture.faults,
        far: elsewhere(far.url),
        script: async (_, responses) => (await script(responses)).url,
      },
      16,
    );
    assert.equal(played, 4 * 4 * Object.keys(FORMS).length * STATUSES.length * 4);
    assert.deepEqual([await far.exactly(0), await far.preflights()], [[], []]);
  });

  for (const [what, Class, options] of [
    ['./event-source', EventSource, { retry: undefined }],
    ["retry: 'spec'", AuthenticatedEventSource, { retry: 'spec' }],
  ]) {
    test(`${what}, \`redirectPolicy: 'follow'\`: each attempt begins at the given URL`, async (t) => {
      const far = await script([ended(`retry: 100\n${first}`), ended(first), open(first)]);
      const near = await script([status(302, { location: elsewhere(far.url) })]);
      const source = connect(t, near, { ...options, auth: SECRET, redirectPolicy: 'follow' }, Class);
      await source.until(3, 'message');
      const [seen, requests] = [await far.requests(3), await near.requests(3)];
      assert.deepEqual(withoutSecrets(seen), []);
      assert.deepEqual(
        requests.map(({ authorization }) => authorization.value),
        Array(3).fill(`Bearer ${SECRET}`),
      );
    });

    test(`${what}: secrets that appear at a later attempt go to the given URL`, async (t) => {
      const far = await script([ended(`retry: 100\n${first}`), open(first)]);
      const near = await script([status(302, { location: elsewhere(far.url) }), open('data: near\n\n')]);
      let attempts = 0;
      const headers = () => (attempts++ === 0 ? {} : { 'X-Api-Key': SECRET });
      const source = connect(t, near, { ...options, headers }, Class);
      await source.until(2, 'message');
      assert.deepEqual(data(source), ['a', 'near']);
      assert.deepEqual(withoutSecrets(await far.exactly(1)), []);
      assert.equal(header((await near.exactly(2))[1], 'x-api-key'), SECRET);
    });

    test(`${what} without secrets: the reconnect keeps the redirected URL`, async (t) => {
      const far = await script([ended(`retry: 100\n${first}`), open(first)]);
      const near = await script([status(302, { location: elsewhere(far.url) })]);
      const source = connect(t, near, options, Class);
      await source.until(2, 'message');
      await far.exactly(2);
      await near.exactly(1);
    });

    test(`${what}: a misspelt redirectPolicy is refused`, () => {
      assert.throws(
        () => new Class('http://127.0.0.1:1/', { ...options, redirectPolicy: 'sameorigin' }),
        /redirectPolicy/,
      );
    });
  }

  test('an explicit `redirect` takes precedence', async (t) => {
    const far = await script([open(first)]);
    const near = await script([status(302, { location: elsewhere(far.url) })]);
    const source = connect(t, near, { headers: { 'X-Api-Key': 'public' }, redirect: 'follow' });
    await source.until(1, 'message');
    await far.exactly(1);
    const strict = connect(t, near, { auth: SECRET, redirect: 'follow', redirectPolicy: 'same-origin' });
    assert.equal((await strict.until(1, 'error')).reason, 'redirect');
    await far.exactly(1);
  });

  test('headers that carry no secret are no reason to refuse', async (t) => {
    const far = await script([open(first)]);
    const near = await script([status(302, { location: elsewhere(far.url) })]);
    const headers = {
      Accept: 'text/event-stream',
      'Accept-Language': 'de',
      'Content-Language': 'de',
      'content-type': 'text/plain',
    };
    const source = connect(t, near, { headers, lastEventId: '0' });
    await source.until(1, 'message');
    await far.exactly(1);
  });
});

describe('redirects within the origin, with secrets, in Node', { timeout: 60_000 }, () => {
  for (const code of STATUSES) {
    test(`${code} is followed`, async (t) => {
      const target = await script([open(first)]);
      const near = await script([status(code, { location: new URL(target.url).pathname })]);
      const source = connect(t, near, { auth: SECRET });
      const event = await source.until(1, 'message');
      assert.equal(event.origin, new URL(target.url).origin);
      assert.equal((await target.exactly(1))[0].authorization.value, `Bearer ${SECRET}`);
    });
  }

  for (const [code, method] of [
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ]) {
    test(`${code} of a POST is followed by a ${method}`, async (t) => {
      const target = await script([open(first)]);
      const near = await script([status(code, { location: target.url })]);
      const headers = { 'X-Api-Key': SECRET, 'Content-Type': 'application/json' };
      const source = connect(t, near, { method: 'POST', body: '{}', headers, retry: false });
      await source.until(1, 'message');
      const [request] = await target.exactly(1);
      assert.equal(request.method, method);
      assert.equal(header(request, 'x-api-key'), SECRET);
      assert.equal(header(request, 'content-type'), method === 'POST' ? 'application/json' : undefined);
      assert.equal(header(request, 'content-length'), method === 'POST' ? '2' : undefined);
    });
  }

  test('a loop ends after 20 redirects', async (t) => {
    const near = await script([status(302, { location: '?again' })]);
    const source = connect(t, near, { auth: SECRET, retry: false });
    assert.equal((await source.until(1, 'error')).reason, 'network');
    await near.exactly(21);
  });

  test('a stream as body is not sent twice', async (t) => {
    const near = await script([status(307, { location: '?again' })]);
    const source = connect(t, near, { method: 'POST', body: new Blob(['x']).stream(), auth: SECRET, retry: false });
    assert.equal((await source.until(1, 'error')).reason, 'network');
    await near.exactly(1);
  });
});

describe('messages, causes and printed objects', { timeout: 60_000 }, () => {
  /** All that a log could hold of an event or an error. */
  function textsOf(thing, depth = 0) {
    if (thing === null || thing === undefined || depth > 6) return [];
    const own = [String(thing), inspect(thing, { depth: 8 }), safeJson(thing)];
    if (typeof thing !== 'object') return own;
    own.push(thing.message, thing.stack);
    return [...own, ...textsOf(thing.cause, depth + 1), ...textsOf(thing.error, depth + 1)];
  }
  const safeJson = (thing) => {
    try {
      return JSON.stringify(thing) ?? '';
    } catch {
      return '';
    }
  };
  function assertNoSecret(thing, secret = SECRET) {
    for (const text of textsOf(thing)) assert.ok(!text?.includes(secret), text);
  }
  async function failureOf(t, url, options, Class) {
    const source = connect(t, { url }, { retry: false, ...options }, Class);
    return source.until(1, 'error');
  }

  for (const url of [
    `http://[?token=${SECRET}`,
    `/events?token=${SECRET}`,
    `http://user:${SECRET}@[/`,
    `http://${SECRET}@host:99999999/x`,
    `//[#${SECRET}`,
    `http:\\\\user:${SECRET}@[`,
    `events?access_token=${SECRET}&x=1`,
  ]) {
    for (const Class of [AuthenticatedEventSource, EventSource]) {
      test(`${Class.name}: an invalid URL like ${url.replace(SECRET, '…')} is named without its secrets`, () => {
        assert.throws(
          () => new Class(url),
          (error) => {
            assert.equal(error.name, 'SyntaxError');
            assertNoSecret(error);
            return true;
          },
        );
      });
    }
  }

  test('a URL with a user name and a password: refused without a request, and not quoted', async (t) => {
    const near = await script([open(first)]);
    const url = near.url.replace('//', `//user:${SECRET}@`);
    for (const Class of [AuthenticatedEventSource, EventSource]) {
      const event = await failureOf(t, url, {}, Class);
      assert.equal(event.reason, 'request');
      assertNoSecret(event);
    }
    const custom = await failureOf(t, url, { fetch: (...request) => fetch(...request) });
    assertNoSecret(custom);
    await assert.rejects(
      fetchEventSource(url, {
        onerror: (error) => {
          throw error;
        },
      }),
      (error) => (assertNoSecret(error), true),
    );
    await near.exactly(0);
  });

  for (const type of [
    SECRET,
    `text/${SECRET}`,
    `text/html; token=${SECRET}`,
    `${SECRET}/html`,
    `text/plain, ${SECRET}`,
    `Bearer ${SECRET}`,
  ]) {
    test(`a Content-Type like ${type.replace(SECRET, '…')} is not echoed`, async (t) => {
      const near = await script([{ headers: { 'content-type': type }, steps: [{ text: 'x' }] }]);
      const event = await failureOf(t, near.url, { auth: SECRET });
      assert.equal(event.reason, 'content-type');
      assertNoSecret(event);
    });
  }

  test('an exception of a `fetch` or a provider that quotes the request is kept without its secrets', async (t) => {
    const leaks = {
      message: () => new TypeError(`cannot send Bearer ${SECRET}`),
      cause: () => new TypeError('fetch failed', { cause: new Error(`header Authorization: Bearer ${SECRET}`) }),
      member: () =>
        Object.assign(new Error('request failed'), { config: { headers: { Authorization: `Bearer ${SECRET}` } } }),
      headers: () =>
        Object.assign(new Error('request failed'), {
          request: new Request('http://x/', { headers: { 'X-Api-Key': SECRET } }),
        }),
      aggregate: () => new AggregateError([new Error(SECRET)], 'all failed'),
      text: () => `refused ${SECRET}`,
    };
    for (const [name, leak] of Object.entries(leaks)) {
      const event = await failureOf(t, 'http://127.0.0.1:1/', {
        auth: SECRET,
        headers: { 'X-Api-Key': SECRET },
        fetch: () => Promise.reject(leak()),
      });
      assert.equal(event.reason, 'network', name);
      assert.ok(event.error.cause, name);
      assertNoSecret(event);
    }
  });

  test('an exception without secrets is the cause itself', async (t) => {
    const thrown = new TypeError('offline', { cause: new Error('no route') });
    const event = await failureOf(t, 'http://127.0.0.1:1/', { auth: SECRET, fetch: () => Promise.reject(thrown) });
    assert.equal(event.error.cause, thrown);
  });

  test('a token in the query of the URL is in no error', async (t) => {
    const url = `http://127.0.0.1:1/events?access_token=${SECRET}`;
    const event = await failureOf(t, url, { fetch: (target) => Promise.reject(new Error(`cannot reach ${target}`)) });
    assertNoSecret(event);
    const events = await within('the end', (resolve) => {
      fetchEventSource(url, {
        onerror: (error) => {
          throw error;
        },
      }).catch(resolve);
    });
    assertNoSecret(events);
  });
});
