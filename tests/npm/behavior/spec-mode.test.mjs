// The class `EventSource` and the mode `retry: 'spec'` behave as browsers do. An option that is set explicitly applies.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  AuthenticatedEventSource,
  PACKAGE,
  assertWait,
  broken,
  connect,
  cursors,
  dead,
  ended,
  header,
  open,
  script,
  status,
  tokens,
  waits,
} from './support.mjs';

const { EventSource } = await import(pathToFileURL(join(PACKAGE, 'event-source/index.js')).href).catch(
  () => import(pathToFileURL(join(PACKAGE, 'dist/event-source.js')).href),
);

const first = 'id: 1\ndata: a\n\n';
const second = 'id: 2\ndata: b\n\n';

/** Opens a source of the class `EventSource`, with these options and no others. */
const native = (t, server, options = {}) => connect(t, server, { retry: undefined, ...options }, EventSource);
/** Opens an `AuthenticatedEventSource` in the mode. */
const mode = (t, server, options = {}) => connect(t, server, { ...options, retry: 'spec' });

for (const [who, create] of [
  ['EventSource', native],
  ["retry: 'spec'", mode],
]) {
  describe(`${who}: explicit options`, { concurrency: 8 }, () => {
    test('a 401 is refreshed if `onUnauthorized` is given', async (t) => {
      const server = await script([status(401), open(first)]);
      let token = 'old';
      const onUnauthorized = () => {
        token = 'new';
      };
      const source = create(t, server, { auth: { token: () => token, onUnauthorized } });
      await source.until(1, 'message');
      assert.deepEqual(tokens(await server.exactly(2)), ['Bearer old', 'Bearer new']);
      assert.deepEqual(source.of('error'), []);
    });

    test('a rejection is refreshed if `refreshOn` is given', async (t) => {
      const server = await script([status(403), open(first)]);
      let calls = 0;
      const source = create(t, server, { auth: { token: () => `t${++calls}`, refreshOn: [403] } });
      await source.until(1, 'message');
      assert.deepEqual(tokens(await server.exactly(2)), ['Bearer t1', 'Bearer t2']);
    });

    test('a 401 is final with a token function alone', async (t) => {
      const server = await script([status(401)]);
      const source = create(t, server, { auth: () => 't' });
      await source.until(1, 'error');
      assert.equal(source.readyState, 2);
      await server.exactly(1);
    });

    test('a provider that throws is retried after the reconnection time', async (t) => {
      const server = await script([ended(`retry: 150\n${first}`), open(second)]);
      let calls = 0;
      const auth = () => {
        calls += 1;
        if (calls === 2) throw new Error('offline');
        return 't';
      };
      const source = create(t, server, { auth });
      await source.until(2, 'message');
      assert.deepEqual(
        source.of('error').map(({ retryIn }) => retryIn),
        [150, 150],
      );
    });

    test('`heartbeatTimeout` ends a silent stream, which is connected again', async (t) => {
      const server = await script([open(`retry: 100\n${first}`), open(second)]);
      const source = create(t, server, { heartbeatTimeout: 500 });
      await source.until(2, 'message');
      assert.deepEqual(
        source.of('error').map(({ reason, willRetry }) => [reason, willRetry]),
        [['stalled', true]],
      );
    });

    test('`connectTimeout` applies', async (t) => {
      const server = await script([ended('retry: 100\n\n'), { framing: 'raw', steps: [{ hang: true }] }, open(first)]);
      const source = create(t, server, { connectTimeout: 500 });
      await source.until(1, 'message');
      assert.deepEqual(
        source.of('error').map(({ reason }) => reason),
        ['end', 'timeout'],
      );
    });

    test('`maxEventSize` applies', async (t) => {
      const server = await script([open(`data: ${'x'.repeat(5000)}\n\n`)]);
      assert.equal((await create(t, server, { maxEventSize: 1000 }).until(1, 'error')).reason, 'too-large');
    });

    test('`redirectPolicy` applies', async (t) => {
      const server = await script([status(302, { location: 'http://localhost:1/' })]);
      const source = create(t, server, { headers: { 'X-Key': 'k' }, redirectPolicy: 'same-origin' });
      assert.equal((await source.until(1, 'error')).reason, 'redirect');
    });

    test('`shouldRetry` applies', async (t) => {
      const server = await script([status(503), open(first)]);
      const source = create(t, server, { shouldRetry: () => 100 });
      await source.until(1, 'message');
      await server.exactly(2);
    });

    for (const code of [204, 500, 503]) {
      test(`a ${code} fires \`error\` and is final`, async (t) => {
        const server = await script([status(code)]);
        const source = create(t, server);
        await source.until(1, 'error');
        assert.equal(source.readyState, 2);
        await server.exactly(1);
      });
    }

    test('a `retry` field below 100 ms is raised', async (t) => {
      const server = await script([ended(`retry: 0\n${first}`), dead, ended(''), open(second)]);
      const source = create(t, server);
      await source.until(2, 'message');
      assert.deepEqual(
        source.of('error').map(({ retryIn }) => retryIn),
        [100, 100, 100],
      );
      for (const wait of waits(await server.exactly(4))) assertWait(wait, 100);
    });
  });
}

describe('EventSource: each member of `retry` replaces its own default', { concurrency: 8 }, () => {
  test('`initialDelay`: the waits stay constant, and a 204 fires `error`', async (t) => {
    const server = await script([ended(''), dead, ended(''), broken(first), status(204)]);
    const source = native(t, server, { retry: { initialDelay: 200 } });
    await source.until(5, 'error');
    assert.deepEqual(
      source.of('error').map(({ retryIn }) => retryIn),
      [200, 200, 200, 200, undefined],
    );
    assert.equal(source.readyState, 2);
    await server.exactly(5);
  });

  for (const code of [408, 429, 503]) {
    test(`\`initialDelay\`: a ${code} is final`, async (t) => {
      const server = await script([status(code)]);
      const source = native(t, server, { retry: { initialDelay: 100 } });
      await source.until(1, 'error');
      assert.equal(source.readyState, 2);
      await server.exactly(1);
    });
  }

  test('`multiplier`: the waits grow without jitter', async (t) => {
    const source = native(t, await script([dead]), { retry: { initialDelay: 50, multiplier: 2 } });
    await source.until(4, 'error');
    assert.deepEqual(
      source.of('error').map(({ retryIn }) => retryIn),
      [50, 100, 200, 400],
    );
  });

  test('`jitter`: the waits are random in the range of the multiplier', async (t) => {
    const source = native(t, await script([dead]), {
      retry: { initialDelay: 50, maxDelay: 200, multiplier: 4, jitter: 'full' },
    });
    await source.until(5, 'error');
    const found = source.of('error').map(({ retryIn }) => retryIn);
    assert.ok(found.every((wait) => wait >= 50 && wait <= 200) && new Set(found).size > 1, String(found));
  });

  test('`maxRetries` limits the retries', async (t) => {
    const server = await script([dead]);
    const source = native(t, server, { retry: { initialDelay: 50, maxRetries: 2 } });
    await source.until(3, 'error');
    assert.equal(source.readyState, 2);
  });

  test('the URL of a redirect is kept', async (t) => {
    const target = await script([ended(first), open(second)]);
    const server = await script([status(307, { location: target.url })]);
    const source = native(t, server, { retry: { initialDelay: 100 } });
    await source.until(2, 'message');
    await server.exactly(1);
    assert.deepEqual(cursors(await target.exactly(2)), [null, '1']);
  });

  test('no event is fired that the standard does not define', async (t) => {
    const server = await script([ended(first), status(204)]);
    const source = native(t, server, { retry: { initialDelay: 100 } });
    await source.until(2, 'error');
    assert.deepEqual(
      source.fired.map(({ type }) => type),
      ['open', 'message', 'error', 'error'],
    );
  });
});

test('the waits without jitter are 1 ×, 2 × and 4 × the base', async (t) => {
  const server = await script([status(503)]);
  const source = connect(t, server, { retry: { initialDelay: 200, jitter: 'none' } });
  await source.until(3, 'error');
  assert.deepEqual(
    source.of('error').map(({ retryIn }) => retryIn),
    [200, 400, 800],
  );
});

test('an `initialDelay` of the caller is at least 1 ms', (t) => {
  const source = connect(t, 'http://127.0.0.1:1/', { retry: { initialDelay: 0 } });
  assert.equal(source.reconnectionTime, 1);
  assert.ok(source instanceof AuthenticatedEventSource);
});

test('headers are sent by `EventSource` with every attempt', async (t) => {
  const server = await script([ended(`retry: 100\n${first}`), open(second)]);
  await native(t, server, { headers: () => ({ 'X-Key': 'k' }) }).until(2, 'message');
  assert.deepEqual(
    (await server.exactly(2)).map((request) => header(request, 'x-key')),
    ['k', 'k'],
  );
});
