// Messages of errors: they name the likely cause, and the URL without its query.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page, site, siteWith } from './page.mjs';
import { connect, events, mute, preset, script, status } from './support.mjs';

describe('messages', { concurrency: 8 }, () => {
  test('the_message_of_a_404_names_the_url_without_its_query', async (t) => {
    const server = await script([status(404)]);
    const { message } = await connect(t, `${server.url}?token=hunter2#x`).until(1, 'error');
    assert.ok(message.includes(server.url), message);
    assert.doesNotMatch(message, /hunter2|\?/);
  });

  test('the_message_repeats_no_secret_that_is_part_of_the_path', async (t) => {
    const given = { auth: 'hunter2-hunter2', fetch: async () => new Response(null, { status: 404 }) };
    const { message } = await connect(t, 'https://a.example/hunter2-hunter2/events', given).until(1, 'error');
    assert.match(message, /https:\/\/a\.example\/\[redacted\]\/events/);
  });

  const credentials = {
    no_token: { auth: { token: () => undefined } },
    the_text_undefined: { auth: `${undefined}` },
    a_doubled_scheme: { auth: 'Bearer hunter2-hunter2' },
    a_header_without_scheme: { headers: { Authorization: 'hunter2-hunter2' } },
    a_token: { auth: 'hunter2-hunter2' },
  };
  test('a_401_has_a_message_of_its_own_for_each_mistake', async (t) => {
    const messages = [];
    for (const [name, given] of Object.entries(credentials)) {
      const { message, willRetry } = await connect(t, await script([status(401)]), given).until(1, 'error');
      assert.equal(willRetry, false, name);
      assert.doesNotMatch(message, /hunter2/);
      messages.push(message.replace(/ URL: .*/, ''));
    }
    assert.equal(new Set(messages).size, messages.length, messages.join('\n'));
  });

  test('a_timeout_and_a_mute_stream_name_compression', async (t) => {
    const late = await connect(t, await script([mute]), { connectTimeout: 300, retry: false }).until(1, 'error');
    assert.match(late.message, /in 1 s.*compression/);
    const silent = await script([{ headers: { 'content-type': 'text/event-stream' }, steps: [{ hang: true }] }]);
    const { reason, message } = await connect(t, silent, { heartbeatTimeout: 300, retry: false }).until(1, 'error');
    assert.equal(reason, 'mute');
    assert.match(message, /in 1 s.*compression/);
  });

  test('events_accepts_a_type_with_white_space_instead_of_a_semicolon', async () => {
    const headers = { 'content-type': 'text/event-stream charset=utf-8' };
    assert.equal((await events(new Response('data: a\n\n', { headers })).next()).value.data, 'a');
  });
});

describe('messages in a page', { timeout: 60_000 }, () => {
  const until = (tab, url) =>
    tab.evaluate((url) => {
      globalThis.source = connect(url, { auth: 'secret' });
      return source.until(1, 'error');
    }, url);

  test('mixed_content_is_final_and_the_message_names_it', async (t) => {
    const tab = await page(t);
    await tab.context().route('https://secure.example/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      const response = await fetch(site.url + pathname);
      const contentType = response.headers.get('content-type');
      await route.fulfill({ body: Buffer.from(await response.arrayBuffer()), contentType });
    });
    await tab.goto('https://secure.example/index.html');
    await tab.waitForFunction(() => globalThis.isReady);
    const { reason, willRetry, message } = await until(tab, 'http://insecure.example/events');
    assert.deepEqual([reason, willRetry], ['request', false]);
    assert.match(message, /mixed content/);
  });

  test('the_timeout_of_seven_sources_of_one_origin_names_the_limit_of_the_browser', async (t) => {
    const { url } = await script([mute]);
    const tab = await page(t);
    const messages = await tab.evaluate(async (url) => {
      const sources = Array.from({ length: 7 }, () => connect(url, { connectTimeout: 1000, retry: false }));
      return Promise.all(sources.map(async (source) => (await source.until(1, 'error')).message));
    }, url);
    assert.match(messages.at(-1), /browser's limit.*`\.\/shared`.*HTTP\/2/);
  });

  test('an_isolated_page_says_that_it_cannot_tell_a_cors_refusal', async (t) => {
    const isolated = await siteWith({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    t.after(() => isolated.close());
    const tab = await page(t, `${isolated.url}/index.html`);
    assert.equal(await tab.evaluate(() => crossOriginIsolated), true);
    const { url } = await preset('cors-missing');
    const { reason, message } = await until(tab, url);
    assert.equal(reason, 'network');
    assert.match(message, /CORS headers: an isolated page cannot tell/);
  });
});
