// [NON-SPEC] When the source comes back, after which wait, and when it does not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AuthenticatedEventSource,
  assertWait,
  broken,
  connect,
  cursors,
  data,
  dead,
  ended,
  header,
  open,
  QUICK,
  script,
  status,
  waits,
} from './support.mjs';

const first = 'id: 1\ndata: a\n\n';
const PLAIN = { jitter: 'none' };

describe('retry', { concurrency: 8 }, () => {
  for (const code of [408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 525, 527, 529, 530]) {
    test(`${code} is retried`, async (t) => {
      const server = await script([status(code), open(first)]);
      const source = connect(t, server);
      const failed = await source.until(1, 'error');
      assert.deepEqual(
        [failed.reason, failed.status, failed.error.code, failed.willRetry],
        ['status', code, 'ERR_STATUS', true],
      );
      assert.match(failed.message, new RegExp(`status ${code}\\.`));
      assert.equal(failed.response.status, code);
      await source.until(1, 'message');
      await server.exactly(2);
    });
  }

  for (const code of [400, 402, 403, 404, 405, 406, 410, 418, 451, 501, 505]) {
    test(`${code} is fatal`, async (t) => {
      const server = await script([status(code)]);
      const source = connect(t, server);
      const failed = await source.until(1, 'error');
      const { reason } = await source.until(1, 'connectionclose');
      assert.deepEqual([failed.reason, failed.status, failed.willRetry, reason], ['status', code, false, 'status']);
      assert.equal(source.readyState, 2);
      await server.exactly(1);
    });
  }

  test('Retry-After in seconds is a floor', async (t) => {
    const server = await script([status(503, { 'retry-after': '1' }), open(first)]);
    const source = connect(t, server, { retry: { ...QUICK, initialDelay: 1, maxDelay: 1 } });
    assert.equal((await source.until(1, 'error')).retryIn, 1000);
    await source.until(1, 'message');
    assertWait(waits(await server.requests(2))[0], 1000);
  });

  test('Retry-After as a date is a floor', async (t) => {
    const server = await script([status(429, { 'retry-after': '{date+3}' }), open(first)]);
    const source = connect(t, server);
    // A date has whole seconds, so up to one is cut off, or added.
    const { retryIn } = await source.until(1, 'error');
    assert.ok(retryIn > 1000 && retryIn <= 4000, `${retryIn}`);
    await source.until(1, 'message');
    assertWait(waits(await server.requests(2))[0], 1000);
  });

  test('Retry-After shorter than the backoff does not shorten it; rubbish and the past are ignored', async (t) => {
    for (const value of ['0', 'soon', '-5', '1.5.', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
      const server = await script([status(503, { 'retry-after': value }), open(first)]);
      const source = connect(t, server);
      assert.equal((await source.until(1, 'error')).retryIn, 100, value);
      await source.until(1, 'message');
    }
  });

  test('Retry-After is capped at one hour', async (t) => {
    for (const value of ['999999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
      const source = connect(t, await script([status(503, { 'retry-after': value })]));
      assert.equal((await source.until(1, 'error')).retryIn, 3600_000);
      assert.equal(source.state.nextRetryIn, 3600_000);
    }
  });

  test('the wait grows by the multiplier up to the longest delay', async (t) => {
    const server = await script([status(503)]);
    const source = connect(t, server, { retry: { ...PLAIN, initialDelay: 50, multiplier: 2, maxDelay: 300 } });
    await source.until(5, 'error');
    assert.deepEqual(
      source.of('error').map(({ retryIn }) => retryIn),
      [50, 100, 200, 300, 300],
    );
    assert.deepEqual(
      source.of('error').map(({ attempt }) => attempt),
      [1, 2, 3, 4, 5],
    );
    for (const [index, wait] of waits(await server.requests(5)).entries()) assertWait(wait, [50, 100, 200, 300][index]);
  });

  test('full jitter keeps between the reconnection time and the range', async (t) => {
    const server = await script([status(503)]);
    const source = connect(t, server, { retry: { initialDelay: 20, maxDelay: 80 } });
    await source.until(8, 'error');
    for (const { retryIn } of source.of('error')) assert.ok(retryIn >= 20 && retryIn <= 80, `${retryIn}`);
  });

  test('`retry:` of the stream sets the reconnection time', async (t) => {
    const server = await script([ended(`retry: 700\n${first}`), open(first)]);
    const source = connect(t, server, { retry: { ...PLAIN, multiplier: 1 } });
    assert.equal(source.reconnectionTime, 3000);
    await source.until(1, 'error');
    assert.equal(source.reconnectionTime, 700);
    await source.until(2, 'message');
    assertWait(waits(await server.requests(2))[0], 700);
  });

  test('`retry: 0` is raised to 100 ms, an absurd one capped at one hour, what is no number ignored', async (t) => {
    for (const [field, time] of [
      ['0', 100],
      ['99', 100],
      ['99999999999999999999', 3600_000],
      ['12a', 3000],
      ['-1', 3000],
    ]) {
      const source = connect(t, await script([open(`retry: ${field}\n${first}`)]), { retry: undefined });
      await source.until(1, 'message');
      assert.equal(source.reconnectionTime, time, field);
    }
  });

  test('a dead server is a network error, retried', async (t) => {
    const server = await script([dead, dead, open(first)]);
    const source = connect(t, server);
    await source.until(1, 'message');
    assert.deepEqual(
      source.of('error').map(({ reason, status, willRetry }) => [reason, status, willRetry]),
      [
        ['network', undefined, true],
        ['network', undefined, true],
      ],
    );
  });

  test('a clean end after an event is retried after the reconnection time, with the ID', async (t) => {
    const server = await script([ended(first), ended('id: 2\ndata: b\n\n'), open('')]);
    const source = connect(t, server, { retry: { ...PLAIN, initialDelay: 150, multiplier: 1 } });
    await source.until(2, 'error');
    const requests = await server.requests(3);
    assert.deepEqual(cursors(requests), [null, '1', '2']);
    for (const wait of waits(requests)) assertWait(wait, 150);
    assert.deepEqual(
      source.of('error').map(({ reason, attempt, willRetry }) => [reason, attempt, willRetry]),
      [
        ['end', 1, true],
        ['end', 1, true],
      ],
    );
  });

  test('clean ends at once, again and again: the backoff grows', async (t) => {
    const server = await script([ended('')]);
    const source = connect(t, server, { retry: { ...PLAIN, initialDelay: 50, maxDelay: 10_000 } });
    await source.until(4, 'error');
    assert.deepEqual(
      source.of('error').map(({ retryIn }) => retryIn),
      [50, 100, 200, 400],
    );
  });

  test('a stream that lived `resetAfter` restarts the count, also without events', async (t) => {
    const healthy = { steps: [{ sleep_ms: 400 }] };
    const server = await script([ended(''), ended(''), healthy, ended('')]);
    const source = connect(t, server, { retry: { ...PLAIN, initialDelay: 50, resetAfter: 200 } });
    await source.until(4, 'error');
    assert.deepEqual(
      source.of('error').map(({ attempt }) => attempt),
      [1, 2, 3, 2],
    );
  });

  test('`maxRetries`: that many in a row, then it is over', async (t) => {
    const server = await script([status(503)]);
    const source = connect(t, server, { retry: { ...QUICK, maxRetries: 2 } });
    const { willRetry } = await source.until(3, 'error');
    assert.equal(willRetry, false);
    await source.until(1, 'connectionclose');
    await server.exactly(3);
  });

  test('`retry: false`: nothing is retried; a clean end closes without an error', async (t) => {
    const refused = await script([status(503)]);
    const over = await script([ended(first)]);
    const failing = connect(t, refused, { retry: false });
    const ending = connect(t, over, { retry: false });
    assert.equal((await failing.until(1, 'error')).willRetry, false);
    assert.equal((await ending.until(1, 'connectionclose')).reason, 'end');
    assert.deepEqual(ending.of('error'), []);
    await refused.exactly(1);
    await over.exactly(1);
  });

  test("`retry.on: 'error'`: a clean end is the end, an error is not", async (t) => {
    const server = await script([broken(first), ended('id: 2\ndata: b\n\n')]);
    const source = connect(t, server, { retry: { ...QUICK, on: 'error' } });
    assert.equal((await source.until(1, 'connectionclose')).reason, 'end');
    assert.deepEqual(data(source), ['a', 'b']);
    assert.deepEqual(
      source.of('error').map(({ reason }) => reason),
      ['network'],
    );
    await server.exactly(2);
  });

  test("`retry.on: 'never'`", async (t) => {
    const server = await script([status(503)]);
    assert.equal((await connect(t, server, { retry: { on: 'never' } }).until(1, 'error')).willRetry, false);
    await server.exactly(1);
  });

  describe('`shouldRetry` has the last word', () => {
    for (const [what, answer, response, requests, retryIn] of [
      ['true retries what is fatal, after the wait of the policy', true, status(404), 2, 100],
      ['false ends what would be retried', false, status(503), 1, undefined],
      ['a number is the wait', 250, status(404), 2, 250],
      ['undefined leaves it to the policy: retry', undefined, status(503), 2, 100],
      ['undefined leaves it to the policy: fatal', undefined, status(404), 1, undefined],
    ]) {
      test(what, async (t) => {
        const server = await script([response, open(first)]);
        const failures = [];
        const source = connect(t, server, { shouldRetry: (failure) => (failures.push(failure), answer) });
        const failed = await source.until(1, 'error');
        assert.deepEqual([failed.willRetry, failed.retryIn], [requests === 2, retryIn]);
        if (requests === 2) await source.until(1, 'message');
        await server.exactly(requests);
        assert.deepEqual(
          failures.map(({ reason, status: code }) => [reason, code]),
          [['status', response.status]],
        );
      });
    }
  });

  describe('not GET', () => {
    const post = { method: 'post', retry: undefined, body: 'question' };
    test('is not sent again when it fails', async (t) => {
      const server = await script([broken(first)]);
      const source = connect(t, server, post);
      assert.equal((await source.until(1, 'error')).willRetry, false);
      const [request] = await server.exactly(1);
      assert.deepEqual([request.method, request.body], ['POST', 'question']);
    });

    test('is not sent again for a status that may pass, with any Retry-After', async (t) => {
      const server = await script([status(503, { 'retry-after': '0' })]);
      assert.equal((await connect(t, server, post).until(1, 'error')).willRetry, false);
      await server.exactly(1);
    });

    test('a clean end closes, without an error', async (t) => {
      const server = await script([ended(first)]);
      const source = connect(t, server, post);
      assert.equal((await source.until(1, 'connectionclose')).reason, 'end');
      assert.deepEqual([data(source), source.of('error').length], [['a'], 0]);
      await server.exactly(1);
    });

    test('is sent again if `retry` allows it; a body that is a function is called again', async (t) => {
      const server = await script([broken(first), open('id: 2\ndata: b\n\n')]);
      let bodies = 0;
      const source = connect(t, server, { ...post, retry: QUICK, body: async () => `body ${++bodies}` });
      await source.until(2, 'message');
      assert.deepEqual(
        (await server.exactly(2)).map(({ body }) => body),
        ['body 1', 'body 2'],
      );
    });

    test('a body that is a stream is sent once', async (t) => {
      const server = await script([open(first)]);
      const body = new Blob(['streamed']).stream();
      await connect(t, server, { ...post, body }).until(1, 'message');
      const [request] = await server.exactly(1);
      assert.equal(header(request, 'transfer-encoding'), 'chunked');
    });
  });

  describe("`retry: 'spec'` is what browsers do", () => {
    const spec = { retry: 'spec' };
    for (const code of [204, 401, 429, 500, 503]) {
      test(`${code} is final, with an error event`, async (t) => {
        const server = await script([status(code, { 'retry-after': '0' })]);
        const source = connect(t, server, { ...spec, auth: () => 't' });
        await source.until(1, 'error');
        assert.equal(source.readyState, 2);
        await server.exactly(1);
        assert.deepEqual(
          source.fired.map(({ type }) => type),
          ['error', 'connectionclose'],
        );
      });
    }

    test('every wait is the reconnection time', async (t) => {
      const server = await script([ended(`retry: 140\n${first}`), dead, dead, ended(''), open('data: b\n\n')]);
      const source = connect(t, server, spec);
      await source.until(2, 'message');
      assert.deepEqual(
        source.of('error').map(({ retryIn, willRetry }) => [retryIn, willRetry]),
        Array(4).fill([140, true]),
      );
    });
  });

  test('reconnect() while waiting: at once, as its own cause', async (t) => {
    const server = await script([status(503), open(first)]);
    const causes = [];
    const source = connect(t, server, {
      retry: { initialDelay: 600_000, maxDelay: 600_000 },
      auth: ({ cause }) => `t${causes.push(cause)}`,
    });
    await source.until(1, 'error');
    assert.equal(source.state.phase, 'waiting');
    source.reconnect();
    await source.until(1, 'message');
    assert.deepEqual(causes, ['start', 'reconnect']);
  });

  test('reconnect() of an open source: the same last event ID, no error event', async (t) => {
    const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
    const source = connect(t, server);
    await source.until(1, 'message');
    source.reconnect();
    await source.until(2, 'message');
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    assert.deepEqual(source.of('error'), []);
    assert.deepEqual(
      source.of('open').map(({ resumed }) => resumed),
      [false, true],
    );
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('a number of the policy that makes no sense is a TypeError of the constructor', () => {
    for (const retry of [
      { initialDelay: -1 },
      { maxDelay: 'x' },
      { jitter: 'some' },
      { on: 'sometimes' },
      { maxRetries: NaN },
    ]) {
      assert.throws(
        () => new AuthenticatedEventSource('http://127.0.0.1:1/', { retry }),
        TypeError,
        JSON.stringify(retry),
      );
    }
  });
});
