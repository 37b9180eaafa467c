// health(): counters of a source.
import { watch, type Source } from './watch.ts';

/** Counters of a source. They are updated as things happen. */
export interface Health {
  /** Events that arrived, including events without a listener. */
  readonly events: number;
  /** Bytes of the stream that this source has read from the network itself. */
  readonly bytes: number;
  /** How often the source was open again. */
  readonly reconnects: number;
  /** Gaps that the server reported. Counted if {@link watchGaps} was called too. */
  readonly gaps: number;
  /** When the last byte arrived, in milliseconds since 1970. */
  readonly lastByteAt: number | undefined;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Counts what happens to a source from now on. */
export function health(source: Source): Health {
  const counters: Writable<Health> = { events: 0, bytes: 0, reconnects: 0, gaps: 0, lastByteAt: undefined };
  watch(source, {
    received(bytes) {
      counters.bytes += bytes;
      counters.lastByteAt = Date.now();
    },
    message() {
      counters.events++;
    },
    opened(_, resumed) {
      if (resumed) counters.reconnects++;
    },
    gap() {
      counters.gaps++;
    },
  });
  return counters;
}
