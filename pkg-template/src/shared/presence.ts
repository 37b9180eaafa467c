/**
 * Tells when the page stops running (frozen, put into the back/forward cache, closed), or shall
 * hold no connection while it is hidden, and when it is back. A worker is always there.
 */
export function watchPresence({ opensWhenHidden, leave, enter, signal }) {
  const { document } = globalThis;
  let isStopped = false;
  const update = ({ type } = {}) => {
    if (type === 'pagehide' || type === 'freeze') isStopped = true;
    if (type === 'pageshow' || type === 'resume') isStopped = false;
    if (isStopped || (!opensWhenHidden && document?.hidden)) leave();
    else enter();
  };
  for (const type of ['pagehide', 'pageshow']) globalThis.addEventListener?.(type, update, { signal });
  for (const type of ['freeze', 'resume', 'visibilitychange']) document?.addEventListener(type, update, { signal });
  update();
}
