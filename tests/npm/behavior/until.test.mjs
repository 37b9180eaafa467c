// [NON-SPEC] The option `until`, streams that end early, and loops whose signal aborts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AuthenticatedEventSource,
  broken,
  connect,
  cursors,
  data,
  ended,
  EventSourceError,
  events,
  open,
  script,
  within,
} from './support.mjs';

const tokens = 'id: 1\ndata: {"t":"He"}\n\nid: 2\ndata: {"t":"llo"}\n\n';
const done = 'id: 3\ndata: [DONE]\n\n';
const late = 'data: late\n\n';
const sse = { headers: { 'content-type': 'text/event-stream' } };

/** Collects the data of a loop, and its exception. */
async function run(loop) {
  const seen = [];
  try {
    for await (const { data } of loop) seen.push(data);
  } catch (error) {
    return { seen, error };
  }
  return { seen };
}

describe('until, in the class', { concurrency: 8 }, () => {
  test('a string ends the source at the event with this data, which is not delivered', async (t) => {
    const server = await script([open(tokens + done + late)]);
    const source = connect(t, server, { until: '[DONE]' });
    const { seen, error } = await run(source);
    assert.deepEqual([seen, error], [['{"t":"He"}', '{"t":"llo"}'], undefined]);
    assert.equal((await source.until(1, 'connectionclose')).reason, 'done');
    assert.deepEqual([source.readyState, source.state.phase, source.state.reason], [2, 'closed', 'done']);
    assert.deepEqual(data(source), ['{"t":"He"}', '{"t":"llo"}']);
    assert.equal(source.of('error').length, 0);
    assert.equal(source.lastEventId, '3', 'the ID of the last event counts');
    assert.equal((await server.ended(1))[0].ended.by, 'client');
    await server.exactly(1);
  });

  test('a function ends the source at the event for which it returns true, which is delivered', async (t) => {
    const server = await script([open(`${tokens}id: 3\nevent: complete\ndata: usage\n\n${late}`)]);
    const events = [];
    const source = connect(t, server, {
      parse: (text) => text.toUpperCase(),
      until: (event) => (events.push(event), event.type === 'complete'),
    });
    assert.deepEqual((await run(source)).seen, ['{"T":"HE"}', '{"T":"LLO"}', 'USAGE']);
    await source.until(1, 'connectionclose');
    const { origin } = new URL(server.url);
    assert.deepEqual(
      events.at(-1),
      { type: 'complete', data: 'usage', lastEventId: '3', origin },
      'the data before `parse`',
    );
    assert.equal(events.length, 3);
  });

  test('a function that throws or returns a promise is reported, and the stream continues', async (t) => {
    const reported = [];
    globalThis.reportError = (thrown) => reported.push(thrown.message);
    t.after(() => delete globalThis.reportError);
    const until = ({ lastEventId, data }) => {
      if (lastEventId === '1') throw new Error('from until');
      return data === 'late' || Promise.resolve(false);
    };
    const source = connect(t, await script([open(tokens + late)]), { until });
    assert.equal((await run(source)).seen.length, 3);
    assert.equal(reported.length, 2);
    assert.equal(reported[0], 'from until');
    assert.match(reported[1], /promise/);
  });

  test('a GET that ends before the last event reconnects', async (t) => {
    const server = await script([ended(tokens), open(done)]);
    const source = connect(t, server, { until: '[DONE]' });
    await source.until(1, 'connectionclose');
    assert.deepEqual(
      source.of('error').map(({ reason, willRetry }) => [reason, willRetry]),
      [['end', true]],
    );
    assert.deepEqual(cursors(await server.exactly(2)), [null, '2']);
  });

  for (const [what, init] of [
    ['a POST', { method: 'POST', retry: undefined }],
    ['a GET that may not reconnect', { retry: false }],
  ]) {
    test(`${what} that ends before the last event fails with \`end\``, async (t) => {
      const server = await script([ended(tokens)]);
      const source = connect(t, server, { ...init, until: '[DONE]' });
      const { seen, error } = await run(source);
      assert.equal(seen.length, 2);
      assert.ok(error instanceof EventSourceError);
      assert.deepEqual([error.reason, error.code], ['end', 'ERR_END']);
      assert.match(error.message, /`until`/);
      const event = await source.until(1, 'error');
      assert.deepEqual([event.reason, event.willRetry], ['end', false]);
      await server.exactly(1);
    });
  }

  test('a POST that reaches the last event closes without an error', async (t) => {
    const source = connect(t, await script([ended(tokens + done)]), {
      method: 'POST',
      retry: undefined,
      until: '[DONE]',
    });
    const { seen, error } = await run(source);
    assert.deepEqual([seen.length, error], [2, undefined]);
  });

  test('a POST without `until` that ends closes without an error', async (t) => {
    const source = connect(t, await script([ended(tokens)]), { method: 'POST', retry: undefined });
    assert.deepEqual(await run(source), { seen: ['{"t":"He"}', '{"t":"llo"}'] });
    assert.equal(source.of('error').length, 0);
  });

  test('works in spec mode, and in a source over an existing stream', async (t) => {
    const source = connect(t, await script([open(tokens + done)]), { retry: 'spec', until: '[DONE]' });
    await source.until(1, 'connectionclose');
    assert.equal(data(source).length, 2);
    const stream = AuthenticatedEventSource.fromReadableStream(new Response(tokens + done + late).body, {
      until: '[DONE]',
    });
    assert.deepEqual(await run(stream), { seen: ['{"t":"He"}', '{"t":"llo"}'] });
    const short = AuthenticatedEventSource.fromReadableStream(new Response(tokens).body, { until: '[DONE]' });
    assert.equal((await run(short)).error.reason, 'end');
  });

  test('accepts the empty string, and refuses other types', async (t) => {
    const source = connect(t, await script([open('data: a\n\ndata:\n\n')]), { until: '' });
    assert.deepEqual(await run(source), { seen: ['a'] });
    assert.throws(() => new AuthenticatedEventSource('http://127.0.0.1:1/', { until: 7 }), TypeError);
    assert.throws(() => events(new Response(''), { until: 7 }), TypeError);
  });

  test('no later event is delivered to listeners after the last event', async (t) => {
    const source = connect(t, await script([open(tokens + done + late)]), { until: ({ data }) => data === '[DONE]' });
    await source.until(1, 'connectionclose');
    assert.deepEqual(data(source), ['{"t":"He"}', '{"t":"llo"}', '[DONE]']);
  });
});

describe('until, in events()', { concurrency: 8 }, () => {
  test('a string ends the loop and cancels the stream', async () => {
    let isCancelled = false;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(tokens + done + late)),
      cancel: () => {
        isCancelled = true;
      },
    });
    assert.deepEqual(await run(events(body, { until: '[DONE]' })), { seen: ['{"t":"He"}', '{"t":"llo"}'] });
    assert.equal(isCancelled, true);
  });

  test('a function ends the loop after its event', async () => {
    const until = ({ data }) => data === '[DONE]';
    assert.deepEqual((await run(events(new Response(tokens + done + late, sse), { until }))).seen, [
      '{"t":"He"}',
      '{"t":"llo"}',
      '[DONE]',
    ]);
  });

  test('a stream that ends before the last event throws `end` after the events', async () => {
    const server = await script([ended(tokens)]);
    const { seen, error } = await run(events(await fetch(server.url), { until: '[DONE]' }));
    assert.equal(seen.length, 2);
    assert.ok(error instanceof EventSourceError);
    assert.equal(error.reason, 'end');
  });

  test('a stream that ends without `until` ends the loop', async () => {
    assert.deepEqual(await run(events(new Response(tokens, sse))), { seen: ['{"t":"He"}', '{"t":"llo"}'] });
  });

  for (const until of [undefined, '[DONE]']) {
    test(`a connection that breaks throws \`network\` with its cause, until: ${until}`, async () => {
      const server = await script([broken(tokens)]);
      const { seen, error } = await run(events(await fetch(server.url), { until }));
      assert.equal(seen.length, 2);
      assert.ok(error instanceof EventSourceError);
      assert.deepEqual([error.reason, error.cause instanceof TypeError], ['network', true]);
    });
  }

  test('an abort of the request stays an AbortError', async () => {
    const server = await script([open(tokens)]);
    const controller = new AbortController();
    const response = await fetch(server.url, { signal: controller.signal });
    const loop = events(response);
    await loop.next();
    await loop.next();
    const last = loop.next();
    controller.abort();
    await assert.rejects(last, { name: 'AbortError' });
  });

  test('accepts the promise of a response', async () => {
    const server = await script([ended(tokens)]);
    assert.equal((await run(events(fetch(server.url)))).seen.length, 2);
    const { error } = await run(events(Promise.reject(new TypeError('no network'))));
    assert.equal(error.message, 'no network');
  });
});

describe('a loop whose signal aborts', { concurrency: 8 }, () => {
  for (const [what, make, expected] of [
    ['AbortSignal.timeout()', () => AbortSignal.timeout(150), { name: 'TimeoutError' }],
    [
      'abort(reason)',
      () => {
        const c = new AbortController();
        setTimeout(() => c.abort(new Error('enough')), 100);
        return c.signal;
      },
      { message: 'enough' },
    ],
    ['a signal that aborted before', () => AbortSignal.abort(), { name: 'AbortError' }],
  ]) {
    test(`throws the reason of ${what}`, async (t) => {
      const source = connect(t, await script([open(tokens)]), { signal: make() });
      const { error } = await run(source);
      for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value);
      assert.equal((await source.until(1, 'connectionclose')).reason, 'aborted');
      assert.equal(source.of('error').length, 0);
    });
  }

  test('throws if it starts after the abort', async (t) => {
    const controller = new AbortController();
    const source = connect(t, await script([open(tokens)]), { signal: controller.signal });
    await source.until(2, 'message');
    controller.abort();
    assert.equal((await run(source)).error.name, 'AbortError');
  });

  test('throws if the loop itself aborts, and receives no further event', async (t) => {
    const controller = new AbortController();
    const source = connect(t, await script([open(tokens)]), { signal: controller.signal });
    const seen = [];
    await assert.rejects(
      async () => {
        for await (const { data } of source) {
          seen.push(data);
          controller.abort();
        }
      },
      { name: 'AbortError' },
    );
    assert.equal(seen.length, 1);
  });

  test('ends without an exception on close()', async (t) => {
    const source = connect(t, await script([open(tokens)]));
    const loop = run(source);
    await source.until(2, 'message');
    source.close();
    assert.equal((await within('the end', (resolve) => loop.then(resolve))).error, undefined);
  });
});
