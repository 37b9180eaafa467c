// One listener for each AbortSignal, however many sources use the signal.

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
