// logTo(): logs what happens to a source.
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

/**
 * Logs what happens to a source. It never logs a token, a header, the data of an event, or the query or password of the URL.
 *
 * @param source the source
 * @param logger the destination. Default `console`
 */
export function logTo(source: Source, logger: Logger = console): void {
  const { origin, pathname } = new URL(source.url);
  const name = `[${tagOf(source)} ${origin}${pathname}]`;
  watch(source, {
    opened: ({ status }, resumed) => void logger.info(name, resumed ? 'open again' : 'open', { status }),
    message: (type, data, id) => void logger.debug(name, 'event', { type, id, length: data.length }),
    received: (bytes) => void logger.debug(name, 'received', { bytes }),
    gap: ({ requested, missed, reason }) => void logger.warn(name, 'gap', { requested, missed, reason }),
    reconnecting: (cause) => void logger.info(name, 'connects anew', { cause }),
    ended: (reason) => void logger.info(name, 'closed', { reason }),
    failed({ code, message }, retryIn, attempt) {
      if (retryIn < 0) logger.error(name, message, { code, attempt });
      else logger.warn(name, message, { code, attempt, retryIn });
    },
  });
}
