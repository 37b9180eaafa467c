// `fetchEventSource` twice, and calls of it that a test can watch.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PACKAGE, Script, within } from './support.mjs';

/** All that the original needs of a page, which is where it runs alone. Node, once it has collected
 *  garbage, forgets to remove what the signal of its options is to remove; browsers do not. */
class Page extends EventTarget {
  hidden = false;

  addEventListener(type, listener, options) {
    super.addEventListener(type, listener);
    options?.signal?.addEventListener('abort', () => super.removeEventListener(type, listener));
  }
}

globalThis.window = globalThis;
globalThis.document = new Page();

/** Hides or shows the page. */
export function hide(hidden) {
  document.hidden = hidden;
  document.dispatchEvent(new Event('visibilitychange'));
}

const { fetchEventSource, EventSourceError } = await import(pathToFileURL(join(PACKAGE, 'dist/fetch-event-source.js')));
const theirs = createRequire(import.meta.url)('@microsoft/fetch-event-source');

export { EventSourceError };
export const both = {
  'authenticated-event-source/fetch-event-source': fetchEventSource,
  '@microsoft/fetch-event-source 2.0.1': theirs.fetchEventSource,
};

export class RetriableError extends Error {}

/** Two events of a stream, and how a callback gets one. */
export const first = 'id: 1\ndata: a\n\n';
export const second = 'id: 2\ndata: b\n\n';
export const message = (id, data, event = '') => ({ id, event, data, retry: undefined });

export const post = { method: 'POST', body: 'prompt' };
/** Waits that show growth without taking long. */
export const retry = { initialDelay: 100, maxDelay: 10_000, jitter: 'none' };

/** Calls ours. */
export const ours = (t, server, init) => call(t, fetchEventSource, server, init);

/** Calls it, notes what it calls, and ends it with the test. */
export function call(t, fetchEventSource, to, init = {}) {
  const ctrl = new AbortController();
  const run = { heard: [], responses: [], messages: [], errors: [] };
  const waiting = new Set();
  run.until = (count) =>
    within(`${count} messages`, (resolve) => {
      const check = () => run.messages.length >= count && (waiting.delete(check), resolve());
      waiting.add(check);
      check();
    });
  t.after(() => ctrl.abort());
  run.promise = fetchEventSource(to instanceof Script ? to.url : to, {
    // What is hidden is hidden for all calls of a file; only some tests are about it.
    openWhenHidden: true,
    signal: ctrl.signal,
    onopen: async (response) => {
      run.heard.push('open');
      run.responses.push(response);
    },
    onmessage: (message) => {
      run.heard.push('message');
      run.messages.push(message);
      for (const check of waiting) check();
    },
    onclose: () => {
      run.heard.push('close');
    },
    ...init,
  });
  // A test that expects a rejection asks for it; a forgotten one is an empty promise to nobody.
  run.promise.catch(() => {});
  return run;
}
