// [NON-SPEC] The entry shared in Chromium and Firefox: the leading tab goes away, or the browser refuses to share.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertWhole, errorsOf } from './browsers.mjs';
import { near, DOWNLOAD, PAGE } from './site.mjs';
import { script } from '../support.mjs';

/** Numbered events, continued after the last event ID. */
const ticks = { steps: [{ count: { text: 'id: {i}\ndata: {i}\n\n', n: 0, from: 1, resume: true, pause_ms: 50 } }] };
const SHARED = { shared: true };

export function tabs(_, browser) {
  /** Opens two tabs that share a connection. The first one leads. */
  const pair = async (t) => {
    const server = await script([ticks]);
    const tabs = [await browser.tab(t), await browser.tab(t)];
    for (const tab of tabs) await tab.connect(server.url, SHARED);
    await tabs[0].role('leading');
    await tabs[1].role('following');
    return { server, tabs };
  };

  for (const [how, leave] of [
    ['reloads', (tab) => tab.reload()],
    ['follows a link to a fast page', (tab) => tab.click('other.html')],
    ['follows a link to a slow page', async (tab) => tab.click(near(await script([PAGE])))],
    ['is closed', (tab) => tab.close()],
    ['crashes', (tab) => tab.crash()],
  ]) {
    test(`the leading tab ${how}: the other one takes over without an error, and loses and repeats nothing`, async (t) => {
      const { tabs } = await pair(t);
      await leave(tabs[0]);
      await tabs[1].role('leading');
      const report = await tabs[1].more(5);
      assertWhole(report);
      assert.deepEqual(errorsOf(report), []);
    });
  }

  test('the leading tab starts a download: both tabs continue without an error, and lose and repeat nothing', async (t) => {
    const { tabs } = await pair(t);
    const download = await script([DOWNLOAD]);
    await tabs[0].click(near(download));
    await download.ended(1);
    for (const tab of tabs) {
      const report = await tab.more(25);
      assertWhole(report);
      assert.deepEqual(errorsOf(report), []);
    }
  });

  for (const [what, which, open] of [
    ['cookies are blocked', 'all', (t, address) => browser.tab(t, address)],
    [
      'a frame of another site is blocked',
      'other sites',
      async (t, address) => {
        const tab = await browser.tab(t);
        await tab.enterFrame(address);
        return tab;
      },
    ],
  ]) {
    test(`${what}: the source uses a connection of its own, and throws nothing`, async (t) => {
      const server = await script([ticks]);
      const tab = await open(t, await browser.blockCookies(t, which));
      await tab.connect(server.url, SHARED);
      assertWhole(await tab.more(5));
      assert.equal((await tab.report()).role, 'alone');
      assert.deepEqual(await tab.value('unhandled'), []);
      await server.exactly(1);
    });
  }
}
