// The body of an error response, as `error.body`.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { connect, events, open, PACKAGE, QUICK, script } from './support.mjs';

const { fetchEventSource } = await import(pathToFileURL(join(PACKAGE, 'dist/fetch-event-source.js')));

const JSON_TYPE = { 'content-type': 'application/json' };
const LIMIT = 16_384;

/** Returns a response of this status whose body is `text`. */
const refusal = (status, text, ...steps) => ({ status, headers: JSON_TYPE, steps: [{ text }, ...steps] });

describe('the body of an error response', { concurrency: 8 }, () => {
  for (const code of [400, 401, 403, 404, 429, 500, 529]) {
    test(`error_of_status_${code}_has_the_body`, async (t) => {
      const server = await script([refusal(code, `{"code":${code}}`)]);
      const { error } = await connect(t, server, { retry: false }).until(1, 'error');
      assert.deepEqual([error.status, JSON.parse(error.body)], [code, { code }]);
    });
  }

  test('error_of_a_wrong_content_type_has_the_body', async (t) => {
    const server = await script([refusal(200, '{"data":[]}')]);
    const { error } = await connect(t, server).until(1, 'error');
    assert.deepEqual([error.reason, error.body], ['content-type', '{"data":[]}']);
  });

  test('should_retry_receives_the_body', async (t) => {
    const server = await script([refusal(429, 'slow down'), open('data: a\n\n')]);
    const seen = [];
    const source = connect(t, server, { shouldRetry: ({ body }) => (seen.push(body), 1) });
    await source.until(1, 'message');
    assert.deepEqual(seen, ['slow down']);
  });

  test('the_body_ends_before_the_character_that_crosses_the_limit', async (t) => {
    const text = `${'x'.repeat(LIMIT - 2)}€${'y'.repeat(100_000)}`;
    const server = await script([refusal(500, text, { hang: true })]);
    const { error } = await connect(t, server, { retry: false }).until(1, 'error');
    assert.equal(error.body, 'x'.repeat(LIMIT - 2));
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('a_body_that_does_not_end_is_cut_after_one_second', async (t) => {
    const server = await script([refusal(500, 'partly', { hang: true })]);
    const begun = performance.now();
    const { error } = await connect(t, server, { retry: false }).until(1, 'error');
    assert.equal(error.body, 'partly');
    assert.ok(performance.now() - begun >= 990);
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('reconnect_while_the_body_is_read_connects_at_once', async (t) => {
    const server = await script([refusal(500, 'partly', { hang: true }), open('data: a\n\n')]);
    const source = connect(t, server, { retry: false });
    await server.requests(1);
    source.reconnect();
    await source.until(1, 'message');
    assert.deepEqual(source.of('error'), []);
  });

  test('close_while_the_body_is_read_ends_the_request', async (t) => {
    const server = await script([refusal(500, 'partly', { hang: true })]);
    const source = connect(t, server);
    await server.requests(1);
    source.close();
    assert.equal((await server.ended(1))[0].ended.by, 'client');
    assert.deepEqual(source.fired, []);
  });

  test('an_error_without_a_readable_body_has_no_body', async (t) => {
    const locked = new Response('x', { status: 500 });
    locked.body.getReader();
    const source = connect(t, 'https://locked.example/', { fetch: async () => locked, retry: false });
    const { error } = await source.until(1, 'error');
    assert.deepEqual([error.status, error.body], [500, undefined]);
  });

  test('the_body_is_neither_enumerable_nor_printed', async (t) => {
    const server = await script([refusal(500, 'hunter2-hunter2')]);
    const event = await connect(t, server, { retry: false }).until(1, 'error');
    assert.equal(event.error.body, 'hunter2-hunter2');
    assert.ok(!Object.keys(event.error).includes('body'));
    for (const thing of [event, event.error]) {
      assert.doesNotMatch(`${inspect(thing, { depth: 8 })} ${JSON.stringify(thing)} ${thing.message}`, /hunter2/);
    }
  });
});

describe('the body of a refused response of functions', { concurrency: 8 }, () => {
  for (const [what, response, status] of [
    ['of_status_429', () => new Response('slow down', { status: 429 }), 429],
    ['of_a_wrong_type', () => new Response('slow down', { headers: { 'content-type': 'text/plain' } }), 200],
  ]) {
    test(`events_throws_an_error_with_status_and_body_for_a_response_${what}`, async () => {
      await assert.rejects(events(response()).next(), ({ name, status: given, body }) => {
        assert.deepEqual([name, given, body], ['EventSourceError', status, 'slow down']);
        return true;
      });
    });
  }

  test('fetch_event_source_passes_the_body_to_onerror', async () => {
    const { url } = await script([refusal(429, 'slow down')]);
    let seen;
    const onerror = (error) => {
      seen = error.body;
      throw error;
    };
    await assert.rejects(fetchEventSource(url, { onerror, retry: QUICK }), /429/);
    assert.equal(seen, 'slow down');
  });
});
