// A page in headless Chromium that has the package and what the tests share with it.
import { after } from 'node:test';
import { join } from 'node:path';
import { mkdtemp, rm, writeFile, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { launch } from '../chromium.mjs';
import { serve } from '../static-site.mjs';
import { PACKAGE } from './support.mjs';

const folder = await mkdtemp(join(tmpdir(), 'rows-'));
await cp(join(PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true });
await writeFile(join(folder, 'index.html'), '<!doctype html><title>rows</title><script type="module" src="setup.js"></script>');
await writeFile(join(folder, 'other.html'), '<!doctype html><title>other</title>');
await writeFile(join(folder, 'setup.js'), `
  import * as members from './dist/index.js';
  Object.assign(globalThis, members);
  /** Opens a source and notes what it fires, as plain objects. */
  globalThis.connect = (url, options = {}) => {
    const source = new AuthenticatedEventSource(url, { retry: { initialDelay: 100, maxDelay: 100, jitter: 'none' }, ...options });
    source.fired = [];
    const note = ({ type, data, reason, status, willRetry, message, resumed, lastEventId, origin }) =>
      source.fired.push({ type, data, reason, status, willRetry, message, resumed, lastEventId, origin });
    for (const type of ['open', 'message', 'error', 'close']) source.addEventListener(type, note);
    source.until = (count, type) => new Promise((resolve) => {
      const check = () => {
        const found = source.fired.filter((event) => event.type === type);
        if (found.length >= count) resolve(found[count - 1]);
        else setTimeout(check, 20);
      };
      check();
    });
    return source;
  };
  globalThis.isReady = true;
`);

/** The site of the pages; the fixture server is another origin to it. */
export const site = await serve(folder);
/** The same site with headers of the test's choice; whoever starts it closes it. */
export const siteWith = (headers) => serve(folder, headers);
export const browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
after(async () => {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
});

/** A page that is ready for `connect`, closed when the test ends. */
export async function page(t, address = `${site.url}/index.html`) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.isReady);
  return page;
}
