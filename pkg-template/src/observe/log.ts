import { watch } from './watch.ts';

/** Logs what happens to a source, and no secret: of its URL neither query nor password. */
export function logTo(source, logger = console) {
  const { origin, pathname } = new URL(source.url);
  const name = `[${source[Symbol.toStringTag]} ${origin}${pathname}]`;
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
