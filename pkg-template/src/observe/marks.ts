// mark(): User Timing entries of a source.
import { tagOf, watch, type Source } from './watch.ts';

/**
 * Writes [User Timing](https://w3c.github.io/user-timing/) entries, which browsers show in their performance panels:
 *
 * - the measure `<name>: connect` for each attempt;
 * - the measure `<name>: open` for each connection;
 * - the mark `<name>: first event` for each connection.
 *
 * @param source the source
 * @param options `name`: the prefix of the entries. Default: the name of the class
 */
export function mark(source: Source, { name = tagOf(source) }: { name?: string } = {}): void {
  let phase: string | undefined = 'connect';
  let since = performance.now();
  let isFirst = true;
  // A wait belongs to no measure: it is the gap between two measures.
  const enter = (next: string | undefined, detail?: unknown): void => {
    if (phase) performance.measure(`${name}: ${phase}`, { start: since, detail });
    phase = next;
    since = performance.now();
    isFirst = true;
  };
  watch(source, {
    opened: (_, resumed) => enter('open', { resumed }),
    failed: ({ code }) => enter(undefined, { code }),
    attempt: () => void (phase || enter('connect')),
    reconnecting: (cause) => enter('connect', { cause }),
    ended: (reason) => enter(undefined, { reason }),
    message() {
      if (isFirst) performance.mark(`${name}: first event`);
      isFirst = false;
    },
  });
}
