// [NON-SPEC] What browsers do to the requests of a page, in Chromium and Firefox: frames, mixed content, login prompts, limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf } from './browsers.mjs';
import { near, site, siteWith } from './site.mjs';
import { mute, open, preset, script, status, tokens } from '../support.mjs';

const first = 'id: 1\ndata: 1\n\n';
const CHALLENGE = status(401, { 'www-authenticate': 'Basic realm="files"' });

export function pages(engine, browser) {
  test('removing the frame of a source closes the source, and fires nothing', async (t) => {
    const server = await script([open(first)]);
    const tab = await browser.tab(t);
    await tab.enterFrame(`${site.url}/index.html`);
    await tab.connect(server.url);
    await tab.leaveFrame();
    const report = await tab.report();
    assert.deepEqual([report.readyState, errorsOf(report)], [2, []]);
    await server.ended(1);
  });

  test('removing the frame of a source that follows another tab closes the source, and fires nothing', async (t) => {
    const server = await script([open(first)]);
    const tab = await browser.tab(t);
    await tab.connect(server.url, { shared: true });
    await tab.enterFrame(`${site.url}/index.html`);
    await tab.connect(server.url, { shared: true });
    await tab.role('following');
    await tab.leaveFrame();
    const report = await tab.report();
    assert.deepEqual([report.readyState, errorsOf(report)], [2, []]);
    await server.exactly(1);
  });

  test('mixed content closes the source, and the message names it', async (t) => {
    const secure = await siteWith(t, { isSecure: true });
    const tab = await browser.tab(t, `${secure.url}/index.html`);
    await tab.call('connect', 'http://insecure.example/events', {});
    const report = await tab.until('the end', ({ readyState }) => readyState === 2);
    assert.deepEqual(
      errorsOf(report).map(({ reason, willRetry }) => [reason, willRetry]),
      [['request', false]],
    );
    assert.match(errorsOf(report)[0].message, /mixed content/);
  });

  test('a login prompt opens once at most: after it the challenge is a rejection of the token', async (t) => {
    const server = await script([CHALLENGE]);
    const tab = await browser.tab(t);
    await tab.call('connect', near(server), { auth: 'old', connectTimeout: 1000 });
    const report = await tab.until('the end', ({ readyState }) => readyState === 2);
    assert.deepEqual([errorsOf(report).at(-1).reason, errorsOf(report).at(-1).status], ['unauthorized', 401]);
    // Firefox opens no prompt for a request that has `Authorization`.
    assert.deepEqual(tokens(await server.exactly(engine === 'chromium' ? 2 : 1)).at(-1), 'Bearer old');
  });

  test('the timeout of a queued source names the limit of the browser', async (t) => {
    const server = await script([mute]);
    const tab = await browser.tab(t);
    for (let count = 0; count < 7; count++)
      await tab.call('connect', server.url, { connectTimeout: 1500, retry: false });
    const report = await tab.until('the end', ({ readyState }) => readyState === 2);
    assert.match(errorsOf(report)[0].message, /browser's limit.*`\.\/shared`.*HTTP\/2/);
  });

  test('a queued source gets the first connection that is free', async (t) => {
    const server = await script([open(first)]);
    const tab = await browser.tab(t);
    for (let count = 0; count < 6; count++) await tab.connect(server.url);
    await tab.value('void (window.sixth = source)');
    await tab.call('connect', server.url, {});
    await server.exactly(6);
    await tab.value('void sixth.close()');
    const report = await tab.until('an open source', ({ readyState }) => readyState === 1);
    assert.deepEqual(errorsOf(report), []);
    await server.exactly(7);
  });

  test('an isolated page says that it cannot tell a CORS refusal', async (t) => {
    const headers = {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    };
    const isolated = await siteWith(t, { headers });
    const tab = await browser.tab(t, `${isolated.url}/index.html`);
    assert.equal(await tab.value('crossOriginIsolated'), true);
    await tab.call('connect', (await preset('cors-missing')).url, {});
    const report = await tab.until('an error', (report) => errorsOf(report).length > 0);
    assert.match(errorsOf(report)[0].message, /CORS headers: an isolated page cannot tell/);
  });
}
