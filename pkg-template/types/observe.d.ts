import type { AuthenticatedEventSource } from './index.js';

// Functions that look at a source of the default entry, `./shared` or `./event-source`. Call them
// right after its constructor; what they do ends with the source. All of it is `[NON-SPEC]`.

/** A source of any entry. */
type Source = AuthenticatedEventSource<any> | EventSource;

/** Figures of a source. They count on as things happen. */
export interface Health {
  /** Events that came, also those that nobody listened for. */
  readonly events: number;
  /** Bytes of the stream, as read from the network by this source itself. */
  readonly bytes: number;
  /** How often it was open again. */
  readonly reconnects: number;
  /** Gaps that the server told; counted if {@link watchGaps} was called too. */
  readonly gaps: number;
  /** When the last byte came, in milliseconds since 1970. */
  readonly lastByteAt: number | undefined;
}

/** Counts from now on. */
export function health(source: Source): Health;

/** `gap`: events were lost between the one that was asked for and what comes now. */
export class GapEvent extends MessageEvent<string> {
  private constructor();
  readonly type: 'gap';
  /** The event ID that was asked for. */
  readonly requested: string;
  /** The ID of the first event that comes now, if the server says so. */
  readonly first: string | undefined;
  /** How many events are lost, if the server knows. */
  readonly missed: number | undefined;
  /** Why, in the server's word (`trimmed`, `ahead`, `epoch`, `malformed`, `lag`); `header` if only a response header tells. */
  readonly reason: string;
}

declare module './index.js' {
  interface BaseEventMap {
    /** `[NON-SPEC]` Events were lost; fired after {@link watchGaps}. */
    gap: GapEvent;
  }
}

/**
 * Has the source fire a {@link GapEvent} where the server says that it could not go on exactly
 * after the last event ID: by an event `gap` with JSON that has `requested` and `reason`, by the
 * response header `SSE-Resumed-From`, or by `Last-Event-ID`
 * ([Mercure](https://mercure.rocks/spec#reconciliation)). From another origin, the server has to
 * list the header in `Access-Control-Expose-Headers`.
 */
export function watchGaps(source: Source): void;

/**
 * Drops events whose own ID is among the last `window` that came, for servers that send some events
 * again after a reconnect. Events without an ID of their own pass.
 *
 * @param options `window`: how many IDs are remembered, above 0. Default 1,000
 * @throws `TypeError`: `window` is not a positive number
 */
export function dropRepeats(source: Source, options?: { window?: number }): void;

/** Where {@link logTo} writes; `console` is one. */
export interface Logger {
  /** Events, and bytes received. */
  debug(...values: unknown[]): void;
  /** That it is open, connects anew, or is closed. */
  info(...values: unknown[]): void;
  /** What failed and is retried, and gaps. */
  warn(...values: unknown[]): void;
  /** What failed for good. */
  error(...values: unknown[]): void;
}

/**
 * Logs what happens to a source: never a token, a header or the data of an event, and of its URL
 * neither query nor password.
 *
 * @param logger Default `console`
 */
export function logTo(source: Source, logger?: Logger): void;

/**
 * Writes [User Timing](https://w3c.github.io/user-timing/) entries, which browsers show in their
 * performance panels: the measures `<name>: connect` for each attempt and `<name>: open` for each
 * connection, and the mark `<name>: first event`.
 *
 * @param options `name`: what the entries begin with. Default: the name of the class
 */
export function mark(source: Source, options?: { name?: string }): void;
