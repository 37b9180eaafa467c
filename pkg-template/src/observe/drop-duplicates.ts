// dropRepeats(): drops events that the server repeats.
import { watch, type Source } from './watch.ts';

/**
 * Drops events whose own ID is among the last `window` IDs, for servers that repeat some events after a reconnect. Events
 * without their own ID are not dropped.
 *
 * @param source the source
 * @param options `window`: how many IDs are remembered, above 0. Default 1,000
 * @throws `TypeError`: `window` is not a positive number
 */
export function dropRepeats(source: Source, { window = 1000 }: { window?: number } = {}): void {
  if (!(window > 0)) throw new TypeError('`window` must be a positive number');
  const known = new Set<string>();
  watch(source, {
    message(_type, _data, id) {
      if (!id) return undefined;
      if (known.has(id)) return false;
      known.add(id);
      if (known.size > window) known.delete(known.values().next().value!);
      return undefined;
    },
  });
}
