import { watch } from './watch.ts';

/**
 * Writes User Timing entries, which the performance panels of browsers show: a measure `connect`
 * for each attempt and `open` for each connection, and a mark `first event` for each connection.
 */
export function mark(source, { name = source[Symbol.toStringTag] } = {}) {
  let phase = 'connect';
  let since = performance.now();
  let isFirst = true;
  // A wait is in no measure: it is the space between two.
  const enter = (next, detail) => {
    if (phase) performance.measure(`${name}: ${phase}`, { start: since, detail });
    phase = next;
    since = performance.now();
    isFirst = true;
  };
  watch(source, {
    opened: (_, resumed) => enter('open', { resumed }),
    failed: ({ code }) => enter(undefined, { code }),
    asked: () => void (phase || enter('connect')),
    reconnecting: (cause) => enter('connect', { cause }),
    ended: (reason) => enter(undefined, { reason }),
    message() {
      if (isFirst) performance.mark(`${name}: first event`);
      isFirst = false;
    },
  });
}
