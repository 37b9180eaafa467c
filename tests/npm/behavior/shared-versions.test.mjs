// [NON-SPEC] Two tabs with versions of the package that exchange different messages.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { contextFor, openSite, readyPage } from './site.mjs';
import { PACKAGE, script } from './support.mjs';

const text = await readFile(join(PACKAGE, 'dist/shared.js'), 'utf8');
// The prefix of the name of a group, before the version.
const other = text.replace('authenticated-event-source/', 'authenticated-event-source/other-');
assert.ok(other !== text, 'the name of a group contains the version');

const setup = `
  import { AuthenticatedEventSource as Current } from './dist/shared.js';
  import { AuthenticatedEventSource as Other } from './dist/other-version.js';
  const Classes = { Current, Other };
  globalThis.connect = (name, url) => {
    globalThis.ids = [];
    globalThis.source = new Classes[name](url, { shared: true });
    source.onmessage = ({ lastEventId }) => ids.push(Number(lastEventId));
  };
  globalThis.isReady = true;`;
const { site, browser } = await openSite({
  'index.html': '<!doctype html><title>versions</title><script type="module" src="setup.js"></script>',
  'setup.js': setup,
  'dist/other-version.js': other,
});
const ticks = { steps: [{ count: { text: 'id: {i}\ndata: {i}\n\n', n: 100 } }, { hang: true }] };

test('tabs with two versions have one connection each, and every event', async (t) => {
  const server = await script([ticks]);
  const context = await contextFor(t, browser);
  const pages = [];
  for (const name of ['Other', 'Current', 'Other', 'Current']) {
    const page = await readyPage(context, `${site.url}/index.html`);
    await page.evaluate(([name, url]) => connect(name, url), [name, server.url]);
    if (pages.length < 2) await page.waitForFunction(() => ids.length === 100);
    else await page.waitForFunction(() => source.role === 'following' && source.readyState === 1);
    pages.push(page);
  }
  const roles = await Promise.all(pages.map((page) => page.evaluate(() => source.role)));
  assert.deepEqual(roles, ['leading', 'leading', 'following', 'following']);
  const ids = Array.from({ length: 100 }, (_, index) => index + 1);
  for (const page of pages.slice(0, 2)) assert.deepEqual(await page.evaluate(() => globalThis.ids), ids);
  await server.exactly(2);
});
