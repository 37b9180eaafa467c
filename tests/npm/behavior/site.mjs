// The package as the web site of one file of tests, and a headless Chromium that opens its pages.
import { after } from 'node:test';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../lib/chromium.mjs';
import { serve } from '../../lib/static-site.mjs';
import { PACKAGE } from './support.mjs';

/** Serves `files` (name → text) beside the package's `dist` until the tests are over. A page is ready
 *  when it sets `isReady`. */
export async function openSite(files) {
  const folder = await mkdtemp(join(tmpdir(), 'rows-'));
  await cp(join(PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const site = await serve(folder);
  const browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  after(async () => {
    await browser.close();
    await site.close();
    await rm(folder, { recursive: true });
  });
  /** The same site with headers of the test's choice; whoever starts it closes it. */
  const siteWith = (headers) => serve(folder, headers);
  return { site, siteWith, browser };
}

/** A context of the browser's that is closed when the test ends. */
export async function contextFor(t, browser, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  return context;
}

/** A page of the context that is ready. */
export async function readyPage(context, address) {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.isReady);
  return page;
}
