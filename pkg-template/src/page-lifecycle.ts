/**
 * Tells of the page's life: the network is back, the page is shown, hidden, put into the back/forward cache (a page that
 * holds a connection would not be cached) or taken out. In workers only the first exists, elsewhere nothing. Aborting what
 * this returns ends it. `[NON-SPEC]`
 */
export function watchPage(openWhenHidden, setAway, wake) {
  const { document } = globalThis;
  const watching = new AbortController();
  let isInCache = false;
  const update = () => setAway(isInCache || (!openWhenHidden && Boolean(document?.hidden)));
  const listener = ({ type, persisted }) => {
    // Not persisted: the page goes away for good, and takes the source along.
    if (type.startsWith('page')) isInCache = type === 'pagehide' && persisted;
    update();
    // A page that was just loaded is shown too, and whoever leaves it must not cut a wait short.
    if (type === 'pageshow' ? persisted : type !== 'pagehide' && !(type === 'visibilitychange' && document.hidden)) wake();
  };
  update();
  for (const type of ['online', 'pagehide', 'pageshow']) globalThis.addEventListener?.(type, listener, watching);
  for (const type of ['visibilitychange', 'resume']) document?.addEventListener?.(type, listener, watching);
  return watching;
}
