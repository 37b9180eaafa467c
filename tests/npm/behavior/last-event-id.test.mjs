// How the last event ID is sent: as a query parameter, and what happens to IDs that no header can carry.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, ended, script, status } from './support.mjs';

/** Returns the URL of the request that follows an event with the ID `7`. */
async function reconnected(t, url, lastEventIdParam) {
  const urls = [];
  const answers = [
    new Response('id: 7\ndata: a\n\n', { headers: { 'content-type': 'text/event-stream' } }),
    new Response(null, { status: 204 }),
  ];
  const fetch = async (url) => (urls.push(url), answers[urls.length - 1]);
  await connect(t, url, { fetch, lastEventIdParam }).until(1, 'connectionclose');
  return urls[1];
}

describe('lastEventIdParam', { concurrency: 8 }, () => {
  for (const [given, expected] of [
    ['?flag&q=%20~%2f', '?flag&q=%20~%2f&last=7'],
    ['', '?last=7'],
    ['?', '?last=7'],
    ['?a=+&&b=%7E', '?a=+&&b=%7E&last=7'],
    ['?x&last=1&y=%2F&last=2', '?x&last=7&y=%2F'],
    ['?l%61st=1&lasts=1', '?last=7&lasts=1'],
    ['?a="b"', '?a=%22b%22&last=7'],
  ]) {
    test(`only_the_parameter_changes_in_'${given}'`, async (t) => {
      assert.equal(
        await reconnected(t, `https://a.example/b%7Ec${given}`, 'last'),
        `https://a.example/b%7Ec${expected}`,
      );
    });
  }

  test('name_and_id_are_encoded', async (t) => {
    assert.equal(await reconnected(t, 'https://a.example/?q', 'a b&'), 'https://a.example/?q&a+b%26=7');
  });
});

describe('IDs that no header can carry', { concurrency: 8 }, () => {
  for (const id of ['\u0001', 'a\u007f', '\u001b[0m']) {
    test(`id_${JSON.stringify(id)}_is_final_and_the_message_names_lastEventIdParam`, async (t) => {
      const server = await script([ended(`id: ${id}\ndata: a\n\n`)]);
      const source = connect(t, server);
      const { reason } = await source.until(1, 'error');
      assert.equal(reason, 'end');
      const failure = await source.until(2, 'error');
      assert.deepEqual([failure.reason, failure.willRetry, source.readyState], ['request', false, 2]);
      assert.match(failure.message, /control characters.*`lastEventIdParam`/);
      await server.exactly(1);
    });

    test(`id_${JSON.stringify(id)}_is_sent_as_a_parameter`, async (t) => {
      const server = await script([ended(`id: ${id}\ndata: a\n\n`), status(204)]);
      await connect(t, server, { lastEventIdParam: 'last' }).until(1, 'connectionclose');
      const [, request] = await server.exactly(2);
      assert.equal(request.last_event_id, null);
    });
  }

  test('id_that_is_answered_with_431_is_final_and_the_message_names_lastEventIdParam', async (t) => {
    const server = await script([ended('id: 7\ndata: a\n\n'), status(431)]);
    const { reason, status: code, willRetry, message } = await connect(t, server).until(2, 'error');
    assert.deepEqual([reason, code, willRetry], ['status', 431, false]);
    assert.match(message, /ID.*too long.*`lastEventIdParam`/);
  });

  test('status_431_without_an_id_does_not_blame_the_id', async (t) => {
    const { message } = await connect(t, await script([status(431)])).until(1, 'error');
    assert.doesNotMatch(message, /lastEventIdParam/);
  });
});
