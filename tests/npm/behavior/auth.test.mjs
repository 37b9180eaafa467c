// [NON-SPEC] The life of credentials: which token goes out with which attempt, and what a 401 does.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AuthenticatedEventSource,
  assertWait,
  broken,
  connect,
  cursors,
  header,
  jwt,
  open,
  QUICK,
  script,
  status,
  stream,
  tokens,
  watch,
} from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const second = 'id: 2\ndata: b\n\n';

describe('auth', { concurrency: 8 }, () => {
  test('a string as the second argument is a bearer token', async (t) => {
    const server = await script([open(first)]);
    const source = watch(t, new AuthenticatedEventSource(server.url, 'secret'));
    await source.until(1, 'message');
    assert.deepEqual(tokens(await server.requests(1)), ['Bearer secret']);
  });

  test('`token` is an alias of `auth`', async (t) => {
    const server = await script([open(first)]);
    await connect(t, server, { token: () => 'fresh' }).until(1, 'message');
    assert.deepEqual(tokens(await server.requests(1)), ['Bearer fresh']);
  });

  test('scheme and header are those of the provider', async (t) => {
    const server = await script([open(first)]);
    await connect(t, server, { auth: { token: 'key', scheme: '', header: 'X-API-Key' } }).until(1, 'message');
    const [request] = await server.requests(1);
    assert.equal(header(request, 'x-api-key'), 'key');
    assert.equal(request.authorization, null);
  });

  test('the provider is called on every attempt, with the reason', async (t) => {
    const server = await script([broken(first), status(503), open(second)]);
    const contexts = [];
    const auth = (context) => `token-${contexts.push(context)}`;
    await connect(t, server, { auth, lastEventId: '0' }).until(2, 'message');
    const requests = await server.requests(3);
    assert.deepEqual(tokens(requests), ['Bearer token-1', 'Bearer token-2', 'Bearer token-3']);
    assert.deepEqual(cursors(requests), ['0', '1', '1']);
    assert.deepEqual(
      contexts.map(({ attempt, cause, lastEventId, url }) => [attempt, cause, lastEventId, url]),
      [
        [1, 'start', '0', server.url],
        [2, 'retry', '1', server.url],
        [3, 'retry', '1', server.url],
      ],
    );
  });

  test('401: one refresh, one immediate retry with the same last event ID, no error event', async (t) => {
    const server = await script([broken(first), status(401), open(second)]);
    let token = 'old';
    let refreshes = 0;
    const source = connect(t, server, {
      retry: { ...QUICK, initialDelay: 100 },
      auth: {
        token: () => token,
        onUnauthorized: async () => {
          refreshes += 1;
          token = 'new';
        },
      },
    });
    await source.until(2, 'message');
    const requests = await server.exactly(3);
    assert.deepEqual(tokens(requests), ['Bearer old', 'Bearer old', 'Bearer new']);
    assert.deepEqual(cursors(requests), [null, '1', '1']);
    assert.equal(refreshes, 1);
    assert.deepEqual(
      source.of('error').map(({ reason }) => reason),
      ['network'],
    );
  });

  test('the retry after a 401 does not wait for the reconnection time', async (t) => {
    const server = await script([status(401), open(first)]);
    const source = connect(t, server, {
      retry: { initialDelay: 600_000, maxDelay: 600_000 },
      auth: { token: () => 't' },
    });
    await source.until(1, 'message');
    assert.deepEqual(source.of('error'), []);
  });

  test('401 without `onUnauthorized`: the provider is called once more', async (t) => {
    const server = await script([status(401), open(first)]);
    const causes = [];
    await connect(t, server, { auth: ({ cause }) => `token-${causes.push(cause)}` }).until(1, 'message');
    assert.deepEqual(tokens(await server.exactly(2)), ['Bearer token-1', 'Bearer token-2']);
    assert.deepEqual(causes, ['start', 'unauthorized']);
  });

  test('a second 401 is fatal', async (t) => {
    const server = await script([status(401)]);
    let refreshes = 0;
    const source = connect(t, server, {
      auth: {
        token: () => 't',
        onUnauthorized: () => {
          refreshes += 1;
        },
      },
    });
    const { reason, status: code, willRetry, retryIn, message } = await source.until(1, 'error');
    await source.until(1, 'connectionclose');
    assert.deepEqual(
      { reason, code, willRetry, retryIn, refreshes },
      { reason: 'unauthorized', code: 401, willRetry: false, retryIn: undefined, refreshes: 1 },
    );
    assert.match(message, /401.*onUnauthorized/);
    assert.equal(source.readyState, 2);
    await server.exactly(2);
  });

  for (const [what, auth] of [
    ['a fixed token', 'fixed'],
    ['a provider with a fixed token', { token: 'fixed' }],
  ]) {
    test(`401 with ${what} is fatal at once: it is as good the second time as the first`, async (t) => {
      const server = await script([status(401)]);
      const source = connect(t, server, { auth });
      assert.equal((await source.until(1, 'error')).reason, 'unauthorized');
      await server.exactly(1);
    });
  }

  test('401 without credentials is fatal at once', async (t) => {
    const server = await script([status(401)]);
    await connect(t, server).until(1, 'error');
    await server.exactly(1);
  });

  test('a later 401 is refreshed again, once the connection was open between', async (t) => {
    const server = await script([status(401), broken(first), status(401), open(second)]);
    let token = 0;
    const source = connect(t, server, {
      auth: {
        token: () => `t${token}`,
        onUnauthorized: () => {
          token += 1;
        },
      },
    });
    await source.until(2, 'message');
    assert.deepEqual(tokens(await server.exactly(4)), ['Bearer t0', 'Bearer t1', 'Bearer t1', 'Bearer t2']);
  });

  test('sources that share a provider and are refused together refresh once', async (t) => {
    let token = 'old';
    let refreshes = 0;
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    const auth = {
      token: () => token,
      onUnauthorized: async () => {
        refreshes += 1;
        await held;
        token = 'new';
      },
    };
    const servers = await Promise.all([1, 2, 3].map(() => script([status(401), open(first)])));
    const sources = servers.map((server) => connect(t, server, { auth }));
    await Promise.all(servers.map((server) => server.ended(1)));
    await Promise.all(servers.map((server) => server.exactly(1)));
    release();
    await Promise.all(sources.map((source) => source.until(1, 'message')));
    assert.equal(refreshes, 1);
    for (const server of servers) assert.deepEqual(tokens(await server.requests(2)), ['Bearer old', 'Bearer new']);
  });

  test('a refresh that fails is a failed attempt with its cause, and is retried', async (t) => {
    const server = await script([status(401), open(first)]);
    const cause = new Error('offline');
    const source = connect(t, server, {
      auth: {
        token: () => 't',
        onUnauthorized: () => {
          throw cause;
        },
      },
    });
    const failed = await source.until(1, 'error');
    assert.equal(failed.reason, 'auth');
    assert.equal(failed.error.cause, cause);
    assert.equal(failed.willRetry, true);
    await source.until(1, 'message');
  });

  for (const [what, fail] of [
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no session'))],
    ['returns a number', () => 42],
    ['returns an expiry that is no time', () => ({ token: 't', expiresAt: 'soon' })],
  ]) {
    test(`a token provider that ${what} is a failed attempt, retried with backoff`, async (t) => {
      const server = await script([open(first)]);
      let calls = 0;
      const source = connect(t, server, { auth: () => (++calls <= 2 ? fail() : 'good') });
      const { reason, willRetry, retryIn, error } = await source.until(2, 'error');
      assert.deepEqual({ reason, code: error.code, willRetry }, { reason: 'auth', code: 'ERR_AUTH', willRetry: true });
      assertWait(retryIn, 100, 100);
      assert.ok(error.cause instanceof Error);
      await source.until(1, 'message');
      assert.deepEqual(tokens(await server.exactly(1)), ['Bearer good']);
    });
  }

  test('a headers provider is called on every attempt, and a rejection is retried', async (t) => {
    const server = await script([broken(first), open(second)]);
    let calls = 0;
    const answers = [
      () => Promise.reject(new Error('no session')),
      () => ({ 'X-Turn': '2' }),
      async () => [['X-Turn', '3']],
    ];
    const source = connect(t, server, { headers: () => answers[calls++]() });
    await source.until(2, 'message');
    assert.deepEqual(
      source.of('error').map(({ reason }) => reason),
      ['auth', 'network'],
    );
    assert.deepEqual(
      (await server.exactly(2)).map((request) => header(request, 'x-turn')),
      ['2', '3'],
    );
  });

  test('a header or token from a provider that is not legal is fatal, and not quoted', async (t) => {
    const server = await script([open(first)]);
    for (const options of [{ headers: () => ({ 'X-Key': 'sec\nret' }) }, { auth: () => 'sec\nret' }]) {
      const source = connect(t, server, options);
      const { reason, willRetry, message, error } = await source.until(1, 'error');
      assert.deepEqual({ reason, willRetry }, { reason: 'request', willRetry: false });
      assert.doesNotMatch(`${message}${error.stack}${String(error.cause)}`, /sec/);
    }
    await server.exactly(0);
  });

  for (const [what, given] of [
    ['`expiresAt` in milliseconds', (n, expiry) => ({ token: `t${n}`, expiresAt: expiry })],
    ['`expiresAt` as a Date', (n, expiry) => ({ token: `t${n}`, expiresAt: new Date(expiry) })],
    ['`exp` of a JWT', (n, expiry) => jwt({ exp: expiry / 1000, n })],
  ]) {
    test(`a token with ${what} is renewed before it expires: nothing lost, repeated, or called an error`, async (t) => {
      const count = { text: 'id: {i}\ndata: {i}\n\n', n: 400, resume: true, pause_ms: 20 };
      const server = await script([stream('', { count }), stream('', { count })]);
      const causes = [];
      const expiry = Math.ceil(Date.now() / 1000) * 1000 + 1000;
      const source = connect(t, server, {
        auth: {
          renewBefore: 500,
          token: ({ cause }) => given(causes.push(cause), causes.length === 1 ? expiry : Date.now() + 3600_000),
        },
      });
      await server.requests(2);
      await source.until(60, 'message');
      source.close();
      const [before, after] = await server.exactly(2);
      assert.deepEqual(causes, ['start', 'renewal']);
      assert.notEqual(before.authorization.value, after.authorization.value);
      const ids = source.of('message').map(({ lastEventId }) => Number(lastEventId));
      assert.deepEqual(
        ids,
        ids.map((_, index) => index + 1),
      );
      assert.equal(Number(after.last_event_id) < ids.length, true);
      assert.deepEqual(source.of('error'), []);
      assert.equal(source.of('open').at(-1).resumed, true);
    });
  }

  test('a token is renewed while a loop has not taken all events', async (t) => {
    const count = { text: 'id: {i}\ndata: {i}\n\n', n: 400 };
    const server = await script([stream('', { count }, { hang: true }), open('id: b\ndata: b\n\n')]);
    const expiries = [Date.now() + 1000, Date.now() + 3600_000];
    const auth = { renewBefore: 500, token: () => ({ token: `t${expiries.length}`, expiresAt: expiries.shift() }) };
    const source = connect(t, server, { auth });
    const loop = source[Symbol.asyncIterator]();
    const taken = [(await loop.next()).value.data];
    await server.requests(2);
    const last = Number((await server.exactly(2))[1].last_event_id);
    while (taken.at(-1) !== 'b') taken.push((await loop.next()).value.data);
    const ids = Array.from({ length: last }, (_, index) => String(index + 1));
    assert.deepEqual(taken, [...ids, 'b']);
    assert.deepEqual(source.of('error'), []);
  });

  test('a provider that keeps its old token is called once per lifetime of the token, not in a loop', async (t) => {
    const server = await script([open(first)]);
    const token = { token: 'old', expiresAt: Date.now() + 600 };
    const causes = [];
    const source = connect(t, server, { auth: ({ cause }) => (causes.push(cause), token) });
    await server.requests(2);
    await server.exactly(2, 1500);
    assert.deepEqual(causes, ['start', 'renewal']);
    assert.deepEqual(source.of('error'), []);
  });

  test('a provider whose tokens are always about to expire does not make a loop', async (t) => {
    const server = await script([open(first)]);
    const causes = [];
    connect(t, server, { auth: ({ cause }) => ({ token: `t${causes.push(cause)}`, expiresAt: Date.now() + 800 }) });
    await server.requests(2);
    await server.exactly(2, 1500);
    assert.deepEqual(causes, ['start', 'renewal']);
  });

  test('a token that has expired already is sent: the server decides', async (t) => {
    const server = await script([open(first)]);
    const auth = { token: () => ({ token: 'old', expiresAt: Date.now() - 1000 }) };
    await connect(t, server, { auth }).until(1, 'message');
    await server.exactly(1);
  });

  test('a stream without IDs is not renewed: it could not be resumed', async (t) => {
    const server = await script([open('data: a\n\n')]);
    await connect(t, server, { auth: () => ({ token: 't', expiresAt: Date.now() + 300 }) }).until(1, 'message');
    await server.exactly(1, 1000);
  });

  test('a stream whose first ID comes after its renewal was due is renewed then', async (t) => {
    const server = await script([stream('data: a\n\n', { sleep_ms: 700 }, { text: first }, { hang: true }), open('')]);
    const expiries = [Date.now() + 300, Date.now() + 3600_000];
    await connect(t, server, { auth: () => ({ token: 't', expiresAt: expiries.shift() }) }).until(2, 'message');
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
  });

  test('close() during a refresh, and while the token is awaited: no request follows', async (t) => {
    const refused = await script([status(401), open(first)]);
    const silent = await script([open(first)]);
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    const refreshing = await new Promise((resolve) => {
      const source = connect(t, refused, { auth: { token: () => 't', onUnauthorized: () => (resolve(source), held) } });
    });
    const asking = await new Promise((resolve) => {
      const source = connect(t, silent, { auth: () => (queueMicrotask(() => resolve(source)), held) });
    });
    refreshing.close();
    asking.close();
    release('late');
    await refused.exactly(1);
    await silent.exactly(0);
    assert.deepEqual([...refreshing.fired, ...asking.fired], []);
  });

  describe('POST and 401', () => {
    const post = { method: 'POST', body: '{"prompt":"hi"}' };
    test('with a token provider alone: fatal, nothing is sent twice', async (t) => {
      const server = await script([status(401)]);
      const source = connect(t, server, { ...post, retry: undefined, auth: () => 't' });
      assert.equal((await source.until(1, 'error')).reason, 'unauthorized');
      await server.exactly(1);
    });

    for (const [what, options] of [
      ['`onUnauthorized`', { retry: undefined, auth: { token: () => 't', onUnauthorized() {} } }],
      ['`retry`', { auth: () => 't' }],
    ]) {
      test(`with ${what}: sent once more after the refresh`, async (t) => {
        const server = await script([status(401), open(first)]);
        await connect(t, server, { ...post, ...options }).until(1, 'message');
        const requests = await server.exactly(2);
        assert.deepEqual(
          requests.map(({ method, body }) => [method, body]),
          [
            ['POST', post.body],
            ['POST', post.body],
          ],
        );
      });
    }
  });
});
