// Watches the page of a source.
import { listenUntil } from './abort-listeners.ts';

/**
 * Watches the life cycle of the page for one connection. `[NON-SPEC]`
 *
 * - Calls `setSuspended` with whether the page must hold no connection, because it is hidden or in the back/forward cache.
 * - Calls `wake` when the network or the page is back.
 * - Calls `navigate` when a navigation begins. The page stays if the navigation is a download.
 * - Calls `unload` when the page is destroyed: it is left and not cached, or its frame is removed.
 *
 * Workers only have the network events, and Node.js has none. Aborting the returned controller ends the watch.
 */
export function watchPage(
  openWhenHidden: boolean,
  setSuspended: (isSuspended: boolean) => void,
  wake: () => void,
  navigate: () => void,
  unload: () => void,
): AbortController {
  const { document } = globalThis;
  const watching = new AbortController();
  let isInCache = false;
  const update = (): void => setSuspended(isInCache || (!openWhenHidden && Boolean(document?.hidden)));
  const listener = ({ type, persisted }: Event & { persisted?: boolean }): void => {
    if (type === 'pagehide' && !persisted) {
      unload();
      return;
    }
    // A page with a connection would not be cached.
    if (type.startsWith('page')) isInCache = type === 'pagehide';
    update();
    // `pageshow` also follows a normal load. Hiding the page must not shorten a wait.
    if (type === 'pageshow' ? persisted : type !== 'pagehide' && !(type === 'visibilitychange' && document.hidden))
      wake();
  };
  update();
  listenUntil(watching.signal, globalThis, ['beforeunload'], navigate);
  listenUntil(watching.signal, globalThis, ['online', 'pagehide', 'pageshow'], listener);
  listenUntil(watching.signal, document, ['visibilitychange', 'resume'], listener);
  return watching;
}
