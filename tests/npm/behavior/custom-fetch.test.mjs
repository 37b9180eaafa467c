// A `fetch` of the caller: what it receives, and what it may return. Members of the init that only a runtime knows.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { connect, ended, header, PACKAGE, QUICK, script, status } from './support.mjs';

const { fetchEventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/fetch-event-source.js')));

const URL_OF_NOTHING = 'https://custom.example/events';
const typed = { headers: { 'content-type': 'text/event-stream' } };

/** Returns a `fetch` that records its calls and answers with 204. */
function recorder() {
  const calls = [];
  const fetch = async (url, init) => (calls.push({ url, ...init }), new Response(null, { status: 204 }));
  return { calls, fetch };
}

describe('the headers that a fetch of the caller receives', { concurrency: 8 }, () => {
  for (const [form, headers] of Object.entries({
    record: { 'X-Client': 'a', 'x-LOWER': 'b' },
    entries: [
      ['X-Client', 'a'],
      ['x-LOWER', 'b'],
    ],
    iterator: new Map([
      ['X-Client', 'a'],
      ['x-LOWER', 'b'],
    ]).entries(),
  })) {
    test(`headers_given_as_${form}_arrive_as_a_plain_record_in_the_callers_spelling`, async (t) => {
      const { calls, fetch } = recorder();
      await connect(t, URL_OF_NOTHING, { fetch, headers, auth: 'T', lastEventId: '7' }).until(1, 'connectionclose');
      assert.deepEqual(
        { ...calls[0].headers },
        {
          Accept: 'text/event-stream',
          Authorization: 'Bearer T',
          'Last-Event-ID': '7',
          'X-Client': 'a',
          'x-LOWER': 'b',
        },
      );
      assert.equal(Object.getPrototypeOf(calls[0].headers), Object.prototype);
    });
  }

  test('no_name_appears_twice', async (t) => {
    const { calls, fetch } = recorder();
    const headers = [
      ['accept', 'text/plain'],
      ['x-a', '1'],
      ['X-A', '2'],
      ['AUTHORIZATION', 'old'],
    ];
    await connect(t, URL_OF_NOTHING, { fetch, headers, auth: 'T' }).until(1, 'connectionclose');
    assert.deepEqual({ ...calls[0].headers }, { accept: 'text/plain', Authorization: 'Bearer T', 'X-A': '1, 2' });
  });

  test('headers_survive_a_fetch_that_spreads_them', async (t) => {
    const server = await script([ended('id: 7\ndata: a\n\n'), status(204)]);
    const spreading = (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, Authorization: 'Bearer mine' } });
    await connect(t, server, { fetch: spreading, headers: { 'X-Client': 'c' } }).until(1, 'connectionclose');
    const requests = await server.requests(2);
    for (const request of requests) {
      assert.deepEqual(
        ['accept', 'authorization', 'x-client'].map((name) => header(request, name)),
        ['text/event-stream', 'Bearer mine', 'c'],
      );
    }
    assert.equal(requests[1].last_event_id, '7');
  });

  test('headers_survive_a_spread_in_fetch_event_source', async () => {
    const server = await script([ended('id: 7\ndata: a\n\n'), status(204)]);
    const spreading = (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, Authorization: 'Bearer mine' } });
    const onclose = () => {
      throw new Error('again');
    };
    const given = { fetch: spreading, headers: { 'X-Client': 'c' }, onopen: () => {}, onclose, retry: QUICK };
    await fetchEventSource(server.url, { ...given, onerror: () => 1 });
    const requests = await server.requests(2);
    assert.deepEqual(
      ['accept', 'authorization', 'x-client'].map((name) => header(requests[1], name)),
      ['text/event-stream', 'Bearer mine', 'c'],
    );
    assert.equal(requests[1].last_event_id, '7');
  });

  test('a_redirect_followed_within_the_origin_keeps_the_record', async (t) => {
    const calls = [];
    const answers = [
      new Response(null, { status: 303, headers: { location: '/next' } }),
      new Response(null, { status: 204 }),
    ];
    const fetch = async (url, init) => (calls.push({ url, ...init }), answers[calls.length - 1]);
    const given = {
      fetch,
      auth: 'T',
      method: 'POST',
      body: 'x',
      headers: { 'Content-Type': 'text/plain', 'X-Client': 'c' },
    };
    await connect(t, URL_OF_NOTHING, given).until(1, 'connectionclose');
    assert.deepEqual(
      [calls[1].method, { ...calls[1].headers }],
      ['GET', { Accept: 'text/event-stream', Authorization: 'Bearer T', 'X-Client': 'c' }],
    );
  });
});

describe('members of the init that are not ours', { concurrency: 8 }, () => {
  const unknown = { dispatcher: undefined, duplex: 'half', next: { revalidate: 0 }, cf: { cacheTtl: 0 }, window: null };
  const members = { ...unknown, dispatcher: { name: 'mine' } };
  const passed = ({ dispatcher, duplex, next, cf, window }) => ({ dispatcher, duplex, next, cf, window });

  test('a_fetch_of_the_caller_receives_them', async (t) => {
    const { calls, fetch } = recorder();
    const { dispatcher, ...others } = members;
    const source = connect(t, URL_OF_NOTHING, { ...others, fetch, parse: 'json', lastEventIdParam: 'id' });
    await source.until(1, 'connectionclose');
    assert.deepEqual(passed(calls[0]), { ...passed(members), dispatcher: undefined });
    for (const own of ['parse', 'lastEventIdParam', 'retry', 'fetch', 'auth']) assert.ok(!(own in calls[0]), own);
  });

  test('fetch_event_source_passes_them_without_its_callbacks', async () => {
    const { calls, fetch } = recorder();
    const { dispatcher, ...others } = members;
    const callbacks = { onopen() {}, onmessage() {}, onclose() {}, onerror() {} };
    await fetchEventSource(URL_OF_NOTHING, { ...others, window: undefined, ...callbacks, fetch });
    assert.deepEqual(passed(calls[0]), { ...passed(others), dispatcher: undefined, window: undefined });
    for (const name of Object.keys(callbacks)) assert.ok(!(name in calls[0]), name);
  });

  test('the_global_fetch_receives_them', async (t) => {
    const { fetch } = globalThis;
    t.after(() => {
      globalThis.fetch = fetch;
    });
    const recording = recorder();
    globalThis.fetch = recording.fetch;
    await connect(t, URL_OF_NOTHING, { next: { revalidate: 0 } }).until(1, 'connectionclose');
    assert.deepEqual(recording.calls[0].next, { revalidate: 0 });
  });
});

describe('what a fetch of the caller returns', { concurrency: 8 }, () => {
  const read = new Response('data: a\n\n', typed);
  read.body.getReader();
  for (const [what, response, cause] of [
    ['undefined', () => undefined, /no `Response`/],
    ['a_string', () => 'data: a', /no `Response`/],
    ['a_response_without_a_body', () => new Response(null, typed), /`body`.*missing/],
    ['a_response_of_an_old_runtime', () => ({ status: 200, headers: new Headers(typed.headers) }), /`body`.*missing/],
    [
      'a_stream_of_node',
      () => ({ status: 200, headers: new Headers(typed.headers), body: Readable.from(['data: a\n\n']) }),
      /not a web stream/,
    ],
    ['a_locked_body', () => read, /locked/],
  ]) {
    test(`${what}_is_a_final_failure_whose_message_names_the_cause`, async (t) => {
      let calls = 0;
      const fetch = async () => (calls++, response());
      const { reason, willRetry, message } = await connect(t, URL_OF_NOTHING, { fetch }).until(1, 'error');
      assert.deepEqual([reason, willRetry, calls], ['request', false, 1]);
      assert.match(message, cause);
    });
  }

  const bytes = new TextEncoder().encode('data: 12\n\n');
  for (const [what, chunk] of [
    ['strings', 'data: a\n\n'],
    ['views_of_other_numbers', new Uint16Array(bytes.buffer)],
    ['data_views', new DataView(bytes.buffer)],
  ]) {
    test(`a_stream_of_${what}_is_a_final_failure_whose_message_names_the_cause`, async (t) => {
      const body = new ReadableStream({ start: (controller) => controller.enqueue(chunk) });
      const response = { status: 200, headers: new Headers(typed.headers), body };
      const { willRetry, message } = await connect(t, URL_OF_NOTHING, { fetch: async () => response }).until(
        1,
        'error',
      );
      assert.equal(willRetry, false);
      assert.match(message, /stream of bytes/);
    });
  }
});

describe('caches', () => {
  for (const runtime of ['Deno', 'Bun']) {
    test(`cache_control_is_sent_where_the_fetch_of_${runtime}_ignores_the_cache_mode`, async (t) => {
      globalThis[runtime] = {};
      t.after(() => delete globalThis[runtime]);
      const { calls, fetch } = recorder();
      await connect(t, URL_OF_NOTHING, { fetch }).until(1, 'connectionclose');
      await connect(t, URL_OF_NOTHING, { fetch, cache: 'default' }).until(1, 'connectionclose');
      await connect(t, URL_OF_NOTHING, { fetch, headers: { 'cache-control': 'no-transform' } }).until(
        1,
        'connectionclose',
      );
      assert.deepEqual(
        calls.map(({ headers }) => headers['Cache-Control'] ?? headers['cache-control']),
        ['no-cache', undefined, 'no-transform'],
      );
    });
  }

  test('cache_control_is_not_sent_elsewhere', async (t) => {
    const { calls, fetch } = recorder();
    await connect(t, URL_OF_NOTHING, { fetch }).until(1, 'connectionclose');
    assert.deepEqual({ ...calls[0].headers }, { Accept: 'text/event-stream' });
  });
});
