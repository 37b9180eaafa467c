// [NON-SPEC] What follows a response that rejects the credentials.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { broken, connect, data, header, jwt, open, QUICK, script, status, stream, tokens } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const nothing = new Promise(() => {});
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A promise with its `resolve`. */
function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A provider whose token counts its refreshes. */
function provider(members = {}) {
  const auth = {
    refreshes: 0,
    token: () => `t${auth.refreshes}`,
    onUnauthorized: async () => {
      auth.refreshes += 1;
    },
    ...members,
  };
  return auth;
}

/** Delays the first response until the gate opens. */
const held = (opened) => {
  let isFirst = true;
  return async (...request) => {
    const response = await fetch(...request);
    if (isFirst) await opened;
    isFirst = false;
    return response;
  };
};

describe('refresh', { concurrency: 8 }, () => {
  test('a refresh has no time limit', async (t) => {
    const server = await script([status(401), open(first)]);
    const auth = provider({
      onUnauthorized: async () => {
        auth.calls = (auth.calls ?? 0) + 1;
        await sleep(1500);
        auth.refreshes += 1;
      },
    });
    const source = connect(t, server, { connectTimeout: 300, auth });
    await source.until(1, 'message');
    assert.equal(auth.calls, 1);
    assert.deepEqual(source.of('error'), []);
    assert.deepEqual(tokens(await server.exactly(2)), ['Bearer t0', 'Bearer t1']);
  });

  test('a source that is rejected during or after a refresh of its token does not refresh again', async (t) => {
    const [server, during, after] = await Promise.all(
      Array.from({ length: 3 }, () => script([status(401), open(first)])),
    );
    const [refresh, token, late] = [gate(), gate(), gate()];
    let isTokenHeld = false;
    let calls = 0;
    const auth = provider({
      token: async () => {
        if (isTokenHeld) await token.opened;
        return `t${auth.refreshes}`;
      },
      onUnauthorized: async () => {
        calls += 1;
        await refresh.opened;
        isTokenHeld = true;
        auth.refreshes += 1;
      },
    });
    const sources = [
      connect(t, server, { auth }),
      connect(t, during, { auth }),
      connect(t, after, { auth, fetch: held(late.opened) }),
    ];
    await Promise.all([server, during, after].map((each) => each.ended(1)));
    refresh.open();
    // The refresh has ended, and no new token was returned yet.
    while (!isTokenHeld) await sleep(10);
    late.open();
    await sleep(50);
    token.open();
    await Promise.all(sources.map((source) => source.until(1, 'message')));
    assert.equal(calls, 1);
    for (const each of [server, during, after]) {
      assert.deepEqual(tokens(await each.requests(2)), ['Bearer t0', 'Bearer t1']);
    }
  });

  test('the context has the body of an error response', async (t) => {
    const server = await script([{ ...status(401), steps: [{ text: 'expired' }] }, open(first)]);
    const bodies = [];
    const auth = {
      token: ({ body }) => {
        bodies.push(body);
        return 't';
      },
      onUnauthorized: ({ body }) => {
        bodies.push(body);
      },
    };
    const source = connect(t, server, { auth });
    await source.until(1, 'message');
    assert.deepEqual(bodies, [undefined, 'expired', 'expired']);
    assert.doesNotMatch(JSON.stringify(source.state), /expired/);
  });

  test('a refused refresh reports the body of the rejection', async (t) => {
    const server = await script([{ ...status(401), steps: [{ text: 'expired' }] }]);
    const source = connect(t, server, { auth: { token: () => 't', onUnauthorized: () => false } });
    assert.equal((await source.until(1, 'error')).error.body, 'expired');
  });

  test('a rejected token that was replaced meanwhile is not refreshed', async (t) => {
    const [slow, quick] = [await script([status(401), open(first)]), await script([open(first)])];
    const late = gate();
    let session = 'old';
    let calls = 0;
    const auth = { token: () => session, onUnauthorized: () => (calls += 1) };
    const source = connect(t, slow, { auth, fetch: held(late.opened) });
    await slow.ended(1);
    session = 'new';
    await connect(t, quick, { auth }).until(1, 'message');
    late.open();
    await source.until(1, 'message');
    assert.deepEqual(tokens(await slow.exactly(2)), ['Bearer old', 'Bearer new']);
    assert.equal(calls, 0);
  });

  test('`false` makes the rejection final, with its real status and response', async (t) => {
    const server = await script([status(403)]);
    const auth = { token: () => 't', refreshOn: [401, 403], onUnauthorized: async () => false };
    const source = connect(t, server, { auth });
    const { reason, status: code, willRetry, response, message } = await source.until(1, 'error');
    assert.deepEqual([reason, code, willRetry, response?.status], ['unauthorized', 403, false, 403]);
    assert.match(message, /403/);
    await server.exactly(1);
  });

  test('an exception is a failed attempt with backoff, and the next rejection refreshes again', async (t) => {
    const server = await script([status(401), status(401), open(first)]);
    let calls = 0;
    const onUnauthorized = () => {
      calls += 1;
      if (calls === 1) throw new Error('offline');
    };
    const source = connect(t, server, { auth: { token: () => 't', onUnauthorized } });
    await source.until(1, 'message');
    assert.deepEqual(
      source.of('error').map(({ reason, retryIn }) => [reason, retryIn]),
      [['auth', 100]],
    );
    assert.equal(calls, 2);
    await server.exactly(3);
  });

  for (const [what, refreshOn] of [
    ['a list', [403]],
    ['a function', (response) => response.headers.get('x-expired') === 'yes'],
  ]) {
    test(`\`refreshOn\` as ${what} selects the responses that reject the token`, async (t) => {
      const server = await script([status(403, { 'x-expired': 'yes' }), open(first)]);
      const called = [];
      const auth = provider({ refreshOn });
      const source = connect(t, server, { auth, shouldRetry: (failure) => void called.push(failure.reason) });
      await source.until(1, 'message');
      assert.deepEqual(tokens(await server.exactly(2)), ['Bearer t0', 'Bearer t1']);
      assert.deepEqual([source.of('error'), called], [[], []]);
    });
  }

  test('a second rejection is final, with its real status', async (t) => {
    const server = await script([status(401), status(403)]);
    const source = connect(t, server, { auth: provider({ refreshOn: [401, 403] }) });
    const { reason, status: code, willRetry } = await source.until(1, 'error');
    assert.deepEqual([reason, code, willRetry], ['unauthorized', 403, false]);
    await server.exactly(2);
  });

  test('a status that `refreshOn` does not select is final', async (t) => {
    const server = await script([status(401)]);
    const auth = provider({ refreshOn: [403] });
    const source = connect(t, server, { auth });
    assert.deepEqual([(await source.until(1, 'error')).reason, auth.refreshes], ['unauthorized', 0]);
    await server.exactly(1);
  });

  test('a `refreshOn` that returns a promise is reported, and rejects nothing', async (t) => {
    const reported = [];
    globalThis.reportError = (thrown) => reported.push(thrown.message);
    t.after(() => delete globalThis.reportError);
    const server = await script([open('data: a\n\n')]);
    const source = connect(t, server, { auth: provider({ refreshOn: async () => false }) });
    await source.until(1, 'message');
    assert.match(reported[0], /promise/);
    await server.exactly(1);
  });

  test('a `refreshOn` that is neither a list nor a function is a TypeError', (t) => {
    assert.throws(() => connect(t, 'http://127.0.0.1:1/', { auth: { token: 't', refreshOn: 401 } }), /refreshOn/);
  });

  test('`headers` as a function counts as a provider', async (t) => {
    const server = await script([status(401), open(first)]);
    let calls = 0;
    const source = connect(t, server, { headers: () => ({ 'X-Key': `k${++calls}` }) });
    await source.until(1, 'message');
    assert.deepEqual(
      (await server.exactly(2)).map((request) => header(request, 'x-key')),
      ['k1', 'k2'],
    );
    assert.deepEqual(source.of('error'), []);
  });

  test('fixed headers are not sent again after a 401', async (t) => {
    const server = await script([status(401)]);
    const source = connect(t, server, { headers: { 'X-Key': 'k' } });
    assert.equal((await source.until(1, 'error')).reason, 'unauthorized');
    await server.exactly(1);
  });

  test('a POST with `headers` as a function is sent once', async (t) => {
    const server = await script([status(401)]);
    const options = { method: 'POST', body: 'x', retry: undefined, headers: () => ({ 'X-Key': 'k' }) };
    assert.equal((await connect(t, server, options).until(1, 'error')).reason, 'unauthorized');
    await server.exactly(1);
  });

  test('the context has the latest response of any status, and `headers` receive the token', async (t) => {
    const server = await script([
      { ...broken(first), headers: { 'DPoP-Nonce': 'n1' } },
      status(401, { 'WWW-Authenticate': 'DPoP', 'DPoP-Nonce': 'n2' }),
      open('id: 2\ndata: b\n\n'),
    ]);
    const seen = [];
    const note = (who, { response, token }) =>
      seen.push([who, response?.status, response?.headers.get('DPoP-Nonce'), token]);
    const auth = provider({
      token: (context) => {
        note('token', context);
        return `t${auth.refreshes}`;
      },
      onUnauthorized: (context) => {
        note('refresh', context);
        auth.refreshes += 1;
      },
    });
    const headers = (context) => {
      note('headers', context);
      return { DPoP: `proof of ${context.token}` };
    };
    await connect(t, server, { auth, headers }).until(2, 'message');
    assert.deepEqual(seen, [
      ['token', undefined, undefined, undefined],
      ['headers', undefined, undefined, 't0'],
      ['token', 200, 'n1', undefined],
      ['headers', 200, 'n1', 't0'],
      ['refresh', 401, 'n2', undefined],
      ['token', 401, 'n2', undefined],
      ['headers', 401, 'n2', 't1'],
    ]);
    assert.deepEqual(
      (await server.exactly(3)).map((request) => header(request, 'dpop')),
      ['proof of t0', 'proof of t0', 'proof of t1'],
    );
  });

  describe('the challenge `use_dpop_nonce`', () => {
    const challenge = status(401, { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': 'n' });
    test('is answered once without a refresh', async (t) => {
      const server = await script([challenge, open(first)]);
      const auth = provider();
      const headers = ({ response }) => ({ DPoP: response?.headers.get('DPoP-Nonce') ?? 'none' });
      const source = connect(t, server, { auth, headers });
      await source.until(1, 'message');
      assert.deepEqual(
        (await server.exactly(2)).map((request) => header(request, 'dpop')),
        ['none', 'n'],
      );
      assert.deepEqual([auth.refreshes, source.of('error')], [0, []]);
    });

    test('does not count as the rejection, and a second one does', async (t) => {
      const server = await script([challenge, challenge, status(401)]);
      const auth = provider();
      const source = connect(t, server, { auth });
      assert.equal((await source.until(1, 'error')).reason, 'unauthorized');
      assert.deepEqual(tokens(await server.exactly(3)), ['Bearer t0', 'Bearer t0', 'Bearer t1']);
    });

    test('is final for a POST that must not be sent again', async (t) => {
      const server = await script([challenge]);
      const options = { method: 'POST', body: 'x', retry: undefined, auth: () => 't' };
      assert.equal((await connect(t, server, options).until(1, 'error')).reason, 'unauthorized');
      await server.exactly(1);
    });
  });

  test('a refresh of an abandoned attempt runs to its end, and the next attempt uses its result', async (t) => {
    const server = await script([status(401), open(first)]);
    const refresh = gate();
    const auth = provider({
      onUnauthorized: async () => {
        auth.calls = (auth.calls ?? 0) + 1;
        await refresh.opened;
        auth.refreshes += 1;
      },
    });
    const source = connect(t, server, { auth, connectTimeout: 300 });
    while (!auth.calls) await sleep(10);
    source.close();
    const other = connect(t, await script([status(401), open(first)]), { auth });
    await sleep(200);
    refresh.open();
    await other.until(1, 'message');
    assert.deepEqual([auth.calls, auth.refreshes], [1, 1]);
    await server.exactly(1);
  });

  for (const [what, auth] of [
    ['undefined', () => undefined],
    ['null', async () => null],
    ['undefined in a provider', { token: () => undefined }],
  ]) {
    test(`a provider that returns nothing (${what}) sends no credentials`, async (t) => {
      const server = await script([open(first)]);
      await connect(t, server, { auth }).until(1, 'message');
      assert.deepEqual(tokens(await server.exactly(1)), [null]);
    });
  }

  test('a renewal that returns the same token calls `onUnauthorized` once', async (t) => {
    const server = await script([open(first), open('')]);
    let expiresAt = Date.now() + 600;
    let calls = 0;
    const auth = {
      token: () => ({ token: `t${calls}`, expiresAt }),
      onUnauthorized: ({ cause }) => {
        assert.equal(cause, 'renewal');
        calls += 1;
        expiresAt = Date.now() + 3600_000;
      },
    };
    const source = connect(t, server, { auth });
    assert.deepEqual(tokens(await server.requests(2)), ['Bearer t0', 'Bearer t1']);
    await server.exactly(2, 1000);
    assert.deepEqual([calls, source.of('error')], [1, []]);
  });

  test('a renewal whose refresh changes nothing calls `onUnauthorized` once', async (t) => {
    const server = await script([open(first), open('')]);
    const expiresAt = Date.now() + 600;
    let calls = 0;
    const onUnauthorized = () => {
      calls += 1;
    };
    connect(t, server, { auth: { token: () => ({ token: 't', expiresAt }), onUnauthorized } });
    await server.requests(2);
    await server.exactly(2, 1500);
    assert.equal(calls, 1);
  });

  test('a local clock that is ahead leads to one renewal, which shows the clock to be wrong', async (t) => {
    const server = await script([open(first), open('')]);
    const now = Date.now() / 1000;
    // To this clock, each new token of 300 s seems to have 6 s left.
    const auth = () => jwt({ iat: Date.now() / 1000 - 294, exp: Date.now() / 1000 + 6, now, n: Math.random() });
    const source = connect(t, server, { auth });
    await server.requests(2);
    await server.exactly(2, 7000);
    assert.deepEqual(source.of('error'), []);
  });

  test('two renewals are at least a tenth of the lifetime apart', async (t) => {
    const server = await script([open(first), open('')]);
    // The clock of the issuer changes, so that no skew fits. A tenth of the lifetime is 5 s.
    let ahead = 0;
    const auth = () => {
      ahead += 48;
      return jwt({
        iat: Date.now() / 1000 - ahead,
        exp: Date.now() / 1000 - ahead + 50 * Math.ceil(ahead / 48),
        ahead,
      });
    };
    connect(t, server, { auth });
    await server.requests(2);
    await server.exactly(2, 3000);
  });

  for (const [what, options] of [
    ['GET', {}],
    ['POST', { method: 'POST', body: 'x' }],
  ]) {
    test(`a promise of \`shouldRetry\` is awaited: ${what}`, async (t) => {
      const server = await script([status(503)]);
      const source = connect(t, server, { ...options, shouldRetry: async () => false });
      assert.equal((await source.until(1, 'error')).willRetry, false);
      await server.exactly(1);
    });
  }

  test('a promise of `shouldRetry` may name the wait, and a rejected one leaves the decision to the policy', async (t) => {
    const server = await script([status(404), status(503), open(first)]);
    const defect = new Error('a defect of the caller');
    const answers = [async () => 150, () => Promise.reject(defect)];
    // Node has no such function.
    const reported = [];
    globalThis.reportError = (error) => reported.push(error);
    t.after(() => delete globalThis.reportError);
    const source = connect(t, server, { shouldRetry: () => answers.shift()() });
    await source.until(1, 'message');
    assert.deepEqual(
      source.of('error').map(({ retryIn }) => retryIn),
      [150, 100],
    );
    assert.deepEqual(reported, [defect]);
  });

  test('a token that arrives after its attempt was replaced is not sent by the next attempt', async (t) => {
    const server = await script([open(first)]);
    const [late, called] = [gate(), gate()];
    let calls = 0;
    const token = async () => {
      calls += 1;
      if (calls > 1) return 'current';
      called.open();
      await late.opened;
      return 'late';
    };
    const headers = async (context) => {
      late.open();
      // The token of the first attempt resolves before the timer.
      await sleep(10);
      return { 'X-Token': context.token };
    };
    const source = connect(t, server, { auth: token, headers });
    await called.opened;
    source.reconnect();
    await source.until(1, 'message');
    const requests = await server.exactly(1);
    assert.deepEqual(tokens(requests), ['Bearer current']);
    assert.deepEqual(
      requests.map((request) => header(request, 'x-token')),
      ['current'],
    );
  });

  test('reconnect() does not wait for `shouldRetry`', async (t) => {
    const server = await script([status(503), open(first)]);
    const called = gate();
    const source = connect(t, server, {
      shouldRetry: () => {
        called.open();
        return nothing;
      },
    });
    await called.opened;
    source.reconnect();
    await source.until(1, 'message');
    assert.deepEqual([data(source), source.of('error')], [['a'], []]);
  });
});

// One after another: they change the timers that all share.
describe('time limits of providers', () => {
  const isLong = (wait) => wait > 4500 && wait <= 5000;
  /** Makes the timers of the package fast. A timer that has fired is due, regardless of the clocks. */
  function hasten(t) {
    const { setTimeout: real } = globalThis;
    t.mock.method(globalThis, 'setTimeout', (callback, wait, ...rest) =>
      real(callback, isLong(wait) ? 20 : wait, ...rest),
    );
  }

  for (const [what, options] of [
    ['token', { auth: () => nothing }],
    ['headers', { headers: () => nothing }],
    ['token of a POST', { method: 'POST', body: 'x', retry: QUICK, auth: () => nothing }],
  ]) {
    test(`a call that never answers fails after 30 s: ${what}`, async (t) => {
      hasten(t);
      const timers = globalThis.setTimeout.mock;
      const server = await script([open(first)]);
      const source = connect(t, server, { connectTimeout: 60_000, ...options });
      const { reason, willRetry } = await source.until(1, 'error');
      assert.deepEqual([reason, willRetry], ['auth', true]);
      const waits = timers.calls.map(({ arguments: [, wait] }) => wait).filter(isLong);
      const total = waits.reduce((sum, wait) => sum + wait, 0);
      assert.ok(total > 29_000 && total <= 30_000, `${total} ms`);
      await server.exactly(0);
    });
  }

  test('a POST has no time limit for its response', async (t) => {
    hasten(t);
    const server = await script([stream('', { sleep_ms: 0 })]);
    const fetch = (...request) => sleep(500).then(() => globalThis.fetch(...request));
    const source = connect(t, server, { method: 'POST', body: 'x', retry: undefined, fetch });
    assert.equal((await source.until(1, 'connectionclose')).reason, 'end');
    assert.deepEqual(source.of('error'), []);
  });
});
