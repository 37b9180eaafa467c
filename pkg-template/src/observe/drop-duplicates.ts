import { watch } from './watch.ts';

/**
 * Drops events whose own ID is among the last `window` that came: for servers that send some events
 * again after a reconnect. Events without an ID of their own pass.
 */
export function dropRepeats(source, { window = 1000 } = {}) {
  if (!(window > 0)) throw new TypeError('`window` must be a positive number');
  const known = new Set();
  watch(source, {
    message(type, data, id) {
      if (!id) return undefined;
      if (known.has(id)) return false;
      known.add(id);
      if (known.size > window) known.delete(known.values().next().value);
      return undefined;
    },
  });
}
