// watchGaps(): reports lost events.
import type { StreamMessageEvent } from '../platform-types.ts';
import { named, tagged } from '../class-names.ts';
import { watch, type Source } from './watch.ts';

/** The content of a gap. */
export interface Gap {
  requested: string;
  first?: string | null;
  missed?: number | null;
  reason: string;
}

/** The platform's `MessageEvent`. Runtimes that only render pages may have none. */
const PlatformMessageEvent: { new (type: string, init?: object): StreamMessageEvent<string> } =
  (globalThis.MessageEvent ?? Object) as never;

/** `gap`: events were lost between the requested event and the next one. */
export class GapEvent extends PlatformMessageEvent {
  declare readonly type: 'gap';
  /** The event ID that was requested. */
  declare readonly requested: string;
  /** The ID of the next event, if the server sends it. */
  declare readonly first: string | undefined;
  /** The number of lost events, if the server knows it. */
  declare readonly missed: number | undefined;
  /**
   * Why, in the server's word (`trimmed`, `ahead`, `epoch`, `malformed`, `lag`), or `header` if only a response header
   * shows the gap.
   */
  declare readonly reason: string;

  private constructor({ requested, first, missed, reason }: Gap, init: MessageEventInit<string>) {
    super('gap', init);
    this.requested = requested;
    this.first = first ?? undefined;
    this.missed = missed ?? undefined;
    this.reason = reason;
  }
}

declare module '../event-classes.js' {
  interface BaseEventMap {
    /** `[NON-SPEC]` Events were lost. Fired after {@link watchGaps}. */
    gap: GapEvent;
  }
}

/** The constructor, which is private in the declarations of the package. */
const Constructor = GapEvent as unknown as new (gap: Gap, init: MessageEventInit<string>) => GapEvent;

named({ GapEvent: Constructor });
tagged({ GapEvent: Constructor });

/**
 * Fires a {@link GapEvent} when the server reports that it could not continue exactly after the last event ID. The server
 * reports this in one of three ways:
 *
 * - an event `gap` with JSON that has `requested` and `reason`;
 * - the response header `SSE-Resumed-From`;
 * - the response header `Last-Event-ID` ([Mercure](https://mercure.rocks/spec#reconciliation)).
 *
 * For another origin, the server must list the header in `Access-Control-Expose-Headers`.
 */
export function watchGaps(source: Source): void {
  /** The gap of a header, until the stream describes it better. */
  let pending: Gap | undefined;
  const controller = watch(source, {
    opened({ headers }) {
      const requested = controller.lastEventId;
      const differs = (name: string): boolean => headers.has(name) && headers.get(name) !== asHeader(requested);
      const gap = { requested, reason: 'header' };
      pending = undefined;
      if (requested === '') return;
      // Deferred, so that it follows `open`.
      if (differs('Last-Event-ID')) queueMicrotask(() => fire(gap));
      else if (differs('SSE-Resumed-From')) pending = gap;
    },
    message(type, data) {
      const reported = type === 'gap' ? read(data) : undefined;
      const header = pending;
      pending = undefined;
      if (reported) {
        controller.watch!('gap', reported);
        return new Constructor(reported, { data, lastEventId: controller.lastEventId, origin: controller.origin });
      }
      if (header) fire(header);
      return undefined;
    },
  });

  function fire(gap: Gap): void {
    if (source.readyState === source.CLOSED) return;
    controller.watch!('gap', gap);
    const { lastEventId, origin } = controller;
    source.dispatchEvent(new Constructor(gap, { data: JSON.stringify(gap), lastEventId, origin }));
  }
}

/** Returns the content of a `gap` event, or `undefined` if it is an event of the application. */
function read(data: string): Gap | undefined {
  try {
    const gap = JSON.parse(data);
    return typeof gap?.requested === 'string' && typeof gap.reason === 'string' ? gap : undefined;
  } catch {
    return undefined;
  }
}

/** Returns an ID as `headers.get()` returns it: one character for each byte of its UTF-8. */
function asHeader(id: string): string {
  return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join('');
}
