// Watches the page of a shared source. A module of its own, because the bundler gives all entries whole modules.
import { listenUntil } from '../abort-listeners.ts';

/** How one tab takes part in a shared connection. */
export interface Presence {
  openWhenHidden: boolean;
  /** Called when the page stops running (frozen, cached, closed), or is hidden while `openWhenHidden` is `false`. */
  suspend: () => void;
  /** Called when the page runs again. */
  resume: () => void;
  /** Called when the page is destroyed. */
  unload: () => void;
  /** Ends the watch. */
  signal: AbortSignal;
}

/** Watches whether the page of a shared source runs. A worker always runs. */
export function watchPresence({ openWhenHidden, suspend, resume, unload, signal }: Presence): void {
  const { document } = globalThis;
  let isStopped = false;
  const update = ({ type, persisted }: { type?: string; persisted?: boolean } = {}): void => {
    if (type === 'pagehide' && !persisted) {
      unload();
      return;
    }
    if (type === 'pagehide' || type === 'freeze') isStopped = true;
    if (type === 'pageshow' || type === 'resume') isStopped = false;
    if (isStopped || (!openWhenHidden && document?.hidden)) suspend();
    else resume();
  };
  listenUntil(signal, globalThis, ['pagehide', 'pageshow'], update);
  listenUntil(signal, document, ['freeze', 'resume', 'visibilitychange'], update);
  update();
}
