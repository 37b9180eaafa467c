// A page in headless Chromium that has the package and what the tests share with it.
import { contextFor, openSite, readyPage } from './site.mjs';

const setup = `
  import * as members from './dist/index.js';
  Object.assign(globalThis, members);
  /** Opens a source and notes what it fires, as plain objects. */
  globalThis.connect = (url, options = {}) => {
    const source = new AuthenticatedEventSource(url, { retry: { initialDelay: 100, maxDelay: 100, jitter: 'none' }, ...options });
    source.fired = [];
    const note = ({ type, data, reason, status, willRetry, message, resumed, lastEventId, origin }) =>
      source.fired.push({ type, data, reason, status, willRetry, message, resumed, lastEventId, origin });
    for (const type of ['open', 'message', 'error', 'connectionclose']) source.addEventListener(type, note);
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
`;

const { site, siteWith, browser } = await openSite({
  'index.html': '<!doctype html><title>rows</title><script type="module" src="setup.js"></script>',
  'other.html': '<!doctype html><title>other</title>',
  'setup.js': setup,
});

/** The site is another origin than the fixture server. */
export { site, siteWith };

/** A page that is ready for `connect`, closed when the test ends; `options` are those of its context. */
export async function page(t, address = `${site.url}/index.html`, options = {}) {
  return readyPage(await contextFor(t, browser, options), address);
}
