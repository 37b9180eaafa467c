// [NON-SPEC] Pages that are left, in Chromium and Firefox. Firefox 140 breaks the connections of a page when a navigation
// begins, also if the page stays because the navigation was a download.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, messagesOf } from './browsers.mjs';
import { DOWNLOAD, near, NOTHING, PAGE } from './site.mjs';
import { cursors, mute, open, script, stream } from '../support.mjs';
import { until } from '../../../lib/wait.mjs';

const first = 'id: 1\ndata: 1\n\n';
const second = 'id: 2\ndata: 2\n\n';

export function leaving(engine, browser) {
  for (const [how, leave] of [
    ['reloading the page', (tab) => tab.reload()],
    ['a link to a fast page', (tab) => tab.click('other.html')],
    ['a link to a slow page', async (tab) => tab.click(near(await script([PAGE])))],
  ]) {
    test(`${how} fires no event, and no loop throws`, async (t) => {
      const server = await script([open(first)]);
      const tab = await browser.tab(t);
      for (const options of [{}, { retry: 'spec' }, { method: 'POST', body: 'prompt', retry: false }]) {
        await tab.connect(server.url, options);
        await tab.call('loop');
      }
      const token = await script([mute]);
      await tab.call('connect', server.url, { tokenUrl: token.url });
      await token.requests(1);
      await tab.call('keepNotes');
      await tab.value('void (window.isOld = true)');
      await leave(tab);
      await until('another page', async () => !(await tab.value('window.isOld')));
      assert.equal(await tab.noted(), null);
      await server.ended(3);
    });
  }

  for (const [what, response] of [
    ['a download', DOWNLOAD],
    ['a link that answers 204', NOTHING],
  ]) {
    test(`${what} does not end the source, fires no error, and loses and repeats no event`, async (t) => {
      const server = await script([stream(first, { sleep_ms: 3000 }, { text: second }, { hang: true }), open(second)]);
      const link = await script([response]);
      const tab = await browser.tab(t);
      await tab.connect(server.url);
      await tab.until('the first event', (report) => messagesOf(report).length === 1);
      await tab.click(near(link));
      await link.ended(1);
      const report = await tab.until('the next event', (report) => messagesOf(report).length === 2);
      assert.deepEqual(errorsOf(report), []);
      // Chromium keeps the connection.
      const expected = engine === 'chromium' ? [null] : [null, '1'];
      assert.deepEqual(cursors(await server.exactly(expected.length)), expected);
    });
  }
}
