// logTo(): logs what happens to a source.
import { monotonic } from '../clock.ts';
import { tagOf, watch, type Source } from './watch.ts';

/** The destination of {@link logTo}, for example `console`. */
export interface Logger {
  /** Events and received bytes. */
  debug(...values: unknown[]): void;
  /** The source is open, reconnects, or is closed. */
  info(...values: unknown[]): void;
  /** A failure that is retried, or a gap. */
  warn(...values: unknown[]): void;
  /** A final failure. */
  error(...values: unknown[]): void;
}

/** How long bytes may arrive without an event before {@link logTo} gives a hint, in milliseconds. */
const PATIENCE = 30_000;

const HINT =
  'Bytes arrive, but no event. End each event with a blank line, and begin each line with `data:`. See docs/troubleshooting.md.';

/**
 * Logs what happens to a source. It never logs a token, a header, the data of an event, or the query or password of the URL.
 *
 * If the bytes of a stream are no event for 30 s, it logs a hint once: the server may omit the blank line after each event.
 *
 * @param source the source
 * @param logger the destination. Default `console`
 */
export function logTo(source: Source, logger: Logger = console): void {
  const { origin, pathname } = new URL(source.url);
  const name = `[${tagOf(source)} ${origin}${pathname}]`;
  /** When the first bytes arrived that are neither a comment nor an event yet. `undefined` after an event. */
  let begun: number | undefined;
  let isExplained = false;
  /** Chunks that arrived after `PATIENCE`. The first may contain an event, which follows its report. */
  let late = 0;
  watch(source, {
    opened({ status }, resumed) {
      begun = undefined;
      logger.info(name, resumed ? 'open again' : 'open', { status });
    },
    message(type, data, id) {
      begun = undefined;
      late = 0;
      logger.debug(name, 'event', { type, id, length: data.length });
      return undefined;
    },
    received(bytes, isComment) {
      logger.debug(name, 'received', { bytes });
      if (isComment || isExplained) return;
      begun ??= monotonic();
      if (monotonic() - begun < PATIENCE) return;
      late += 1;
      isExplained = late > 1;
      if (isExplained) logger.warn(name, HINT);
    },
    gap: ({ requested, missed, reason }) => void logger.warn(name, 'gap', { requested, missed, reason }),
    reconnecting: (cause) => void logger.info(name, 'connects anew', { cause }),
    ended: (reason) => void logger.info(name, 'closed', { reason }),
    failed({ code, message }, retryIn, attempt) {
      if (retryIn < 0) logger.error(name, message, { code, attempt });
      else logger.warn(name, message, { code, attempt, retryIn });
    },
  });
}
