import { tagged } from '../class-names.ts';
import { watch } from './watch.ts';

const { MessageEvent } = globalThis;

/** `gap`: events were lost between the one that was asked for and what comes now. */
export class GapEvent extends MessageEvent {
  constructor({ requested, first, missed, reason }, init) {
    super('gap', init);
    this.requested = requested;
    this.first = first ?? undefined;
    this.missed = missed ?? undefined;
    this.reason = reason;
  }
}

tagged({ GapEvent });

/**
 * Has the source fire a `GapEvent` where the server says that it could not go on exactly: by an
 * event `gap`, by the response header `SSE-Resumed-From`, or by the header `Last-Event-ID` of the
 * Mercure protocol.
 */
export function watchGaps(source) {
  /** What the header told, until we know whether the stream tells it better. */
  let pending;
  const client = watch(source, {
    opened({ headers }) {
      const requested = client.lastEventId;
      const differs = (name) => headers.has(name) && headers.get(name) !== asHeader(requested);
      const gap = { requested, reason: 'header' };
      pending = undefined;
      if (requested === '') return;
      // In a task of its own, after `open`.
      if (differs('Last-Event-ID')) queueMicrotask(() => tell(gap));
      else if (differs('SSE-Resumed-From')) pending = gap;
    },
    message(type, data) {
      const told = type === 'gap' ? read(data) : undefined;
      const header = pending;
      pending = undefined;
      if (told) {
        client.watch('gap', told);
        return new GapEvent(told, { data, lastEventId: client.lastEventId, origin: client.origin });
      }
      if (header) tell(header);
      return undefined;
    },
  });

  function tell(gap) {
    if (source.readyState === source.CLOSED) return;
    client.watch('gap', gap);
    const { lastEventId, origin } = client;
    source.dispatchEvent(new GapEvent(gap, { data: JSON.stringify(gap), lastEventId, origin }));
  }
}

/** The data of a `gap` event; `undefined` if it is one of the application's own. */
function read(data) {
  try {
    const gap = JSON.parse(data);
    return typeof gap?.requested === 'string' && typeof gap.reason === 'string' ? gap : undefined;
  } catch {
    return undefined;
  }
}

/** As a header says it: each byte of the UTF-8 is a character. */
function asHeader(id) {
  return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join('');
}
