// Listeners of AbortSignals, and listeners that a signal removes.

/** The callbacks of one signal, as its listener. */
class Callbacks extends Set<() => void> {
  handleEvent(): void {
    for (const callback of this) callback();
  }
}

/** The listener of each signal. Node.js warns of a leak if a signal has more than ten listeners. */
const listeners = new WeakMap<AbortSignal, Callbacks>();

/** Calls `callback` when the signal aborts. Returns a function that removes the callback. */
export function onAbort(signal: AbortSignal | undefined | null, callback: () => void): () => void {
  if (!signal) return () => {};
  const callbacks = listeners.get(signal) ?? new Callbacks();
  listeners.set(signal, callbacks);
  // Adding the same listener again has no effect.
  signal.addEventListener('abort', callbacks.add(callback));
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) signal.removeEventListener('abort', callbacks);
  };
}

/**
 * Adds a listener for several event types, and removes it when `released` aborts. The option `signal` is not used: jsdom
 * refuses the signals of Node.js, and zone.js 0.14.3 to 0.14.6 fail. Does nothing where there is no such target.
 */
export function listenUntil(
  released: AbortSignal,
  target: Partial<EventTarget> | undefined,
  types: readonly string[],
  listener: (event: never) => void,
): void {
  const all = (change?: EventTarget['addEventListener']): void => {
    for (const type of types) change?.call(target, type, listener as EventListener);
  };
  all(target?.addEventListener);
  released.addEventListener('abort', () => all(target?.removeEventListener));
}
