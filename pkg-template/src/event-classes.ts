// The events that a source fires, and their types.
import { lookingLike, named, printed } from './class-names.ts';
import type { EventSourceError, Reason } from './errors.ts';
import type { StreamMessageEvent } from './platform-types.ts';

// No stream uses these types for its own events, as streams do with `close` and `comment`.
export const CLOSE = 'connectionclose';
export const STATE_CHANGE = 'connectionstatechange';
export const COMMENT = 'streamcomment';

/** The data type of each event type of a stream. */
export type EventTypes = object;

/**
 * An event of the stream whose type is also the type of an event of the source. The members that only the event of the
 * source has are `undefined`.
 */
export type SameType<Own, Data> = StreamMessageEvent<Data> & {
  readonly [Member in Exclude<keyof Own, keyof StreamMessageEvent<Data>>]: undefined;
};

/** The data type of one event type; a string if the event map does not contain it. */
export type DataOf<Events, Type extends string> = Type extends keyof Events ? Events[Type] : string;

/** The event `error` of a source. If `willRetry` is true, `retryIn` is a number. */
export type FailureEvent = ErrorEvent &
  (
    | {
        /** The source reconnects by itself. */
        readonly willRetry: true;
        /** The wait before the retry, in milliseconds. */
        readonly retryIn: number;
      }
    | {
        /** The source does not reconnect. */
        readonly willRetry: false;
        /** There is no wait. */
        readonly retryIn: undefined;
      }
  );

/** The events that `addEventListener` knows without an event map. `Events`: the event map of the stream. */
export interface BaseEventMap<Events = Record<string, string>> {
  /** The stream is open. A stream may name its own events `open`: they have no `response`. */
  open: OpenEvent | SameType<OpenEvent, DataOf<Events, 'open'>>;
  /**
   * An attempt or the connection failed, or the data of an event did not parse. A stream may name its own events `error`:
   * they have `data`, and no `reason`.
   */
  error: FailureEvent | SameType<ErrorEvent, DataOf<Events, 'error'>>;
  /** `[NON-SPEC]` The source is closed permanently, except by `close()`. */
  connectionclose: ConnectionCloseEvent;
  /** `[NON-SPEC]` A line of the stream that starts with a colon. */
  streamcomment: StreamCommentEvent;
  /** `[NON-SPEC]` `state` has changed, except by `close()`. */
  connectionstatechange: ConnectionStateChangeEvent;
}

/** An event of the stream, as `for await`, `events()` and the parser return it. */
export interface StreamEvent<Type extends string = string, Data = string> {
  /** The event type; `message` if the stream named none. */
  readonly type: Type;
  /** The data. */
  readonly data: Data;
  /** The last event ID: the ID of this event, or else of the latest earlier event that had one. */
  readonly lastEventId: string;
}

/** An event of a source, with the origin of the final URL. */
export interface SourceEvent<Type extends string = string, Data = string> extends StreamEvent<Type, Data> {
  /** The origin of the URL that answered, after redirects. */
  readonly origin: string;
}

/** The state of a source. */
export interface SourceState {
  /** `suspended`: the page is hidden or in the back/forward cache. */
  readonly phase: 'connecting' | 'open' | 'waiting' | 'suspended' | 'closed';
  /** Attempts since the connection was last healthy, from 1. */
  readonly attempt: number;
  /** In `waiting`: the wait in milliseconds, counted from `since`. */
  readonly nextRetryIn: number | undefined;
  /**
   * The cause of this phase.
   *
   * - In `waiting` and after a failure: a {@link Reason}.
   * - In `connecting`: the cause of the attempt, for example `retry`.
   * - In `closed`: also `closed` (by `close()`), `aborted` or `done`.
   */
  readonly reason: string | undefined;
  /** When this phase began, in milliseconds since 1970. */
  readonly since: number;
}

// Replacing a global later does not affect the events that are fired.
const { MessageEvent } = globalThis;

/** The platform's `Event`. React Native has none: there only the import works. */
const PlatformEvent: { new (type: string, init?: EventInit): Event } = globalThis.Event ?? (Object as never);

const NO_PORTS: readonly MessagePort[] = Object.freeze([]);

/**
 * An event of the stream for listeners. It costs a fraction of a `MessageEvent`, because engines copy each member of a
 * dictionary and parse `origin`. Code can distinguish it only by calling a member of `MessageEvent.prototype` itself on it:
 * the original getters and `initMessageEvent()` throw.
 */
export class LightMessageEvent extends PlatformEvent {
  readonly #data: unknown;
  readonly #lastEventId: string;
  readonly #origin: string;

  constructor(type: string, data: unknown, lastEventId: string, origin: string) {
    super(type);
    this.#data = data;
    this.#lastEventId = lastEventId;
    this.#origin = origin;
  }

  get data(): unknown {
    return this.#data;
  }

  get lastEventId(): string {
    return this.#lastEventId;
  }

  get origin(): string {
    return this.#origin;
  }

  get ports(): readonly MessagePort[] {
    return NO_PORTS;
  }
}

/** `open`: the stream is open. */
export class OpenEvent extends PlatformEvent {
  declare readonly type: 'open';
  /** `[NON-SPEC]` The response. Its body belongs to the source. */
  declare readonly response: Response;
  /** `[NON-SPEC]` Whether the source was open before. */
  declare readonly resumed: boolean;

  /** @internal */
  constructor(response: Response, resumed: boolean) {
    super('open');
    this.response = response;
    this.resumed = resumed;
  }
}

/** The members of {@link ErrorEvent}. `message` and `code` replace the members of `error`. */
export interface ErrorEventInit {
  /** The error. */
  error?: EventSourceError;
  /** What happened and what to do. */
  message?: string | undefined;
  /** The HTTP status. */
  code?: number | undefined;
  /** Whether the source reconnects by itself. */
  willRetry?: boolean;
  /** The wait before the retry, in milliseconds. */
  retryIn?: number | undefined;
  /** Attempts since the connection was last healthy, from 1. */
  attempt?: number;
}

/** The platform's `ErrorEvent`, where one exists: libraries read `event.error` only if the event is an instance of it. */
const PlatformErrorEvent = (
  globalThis.ErrorEvent?.prototype instanceof PlatformEvent ? globalThis.ErrorEvent : PlatformEvent
) as typeof PlatformEvent;

/** `error`: an attempt or the connection failed, or the data of an event did not parse. */
export class ErrorEvent extends PlatformErrorEvent {
  declare readonly type: 'error';
  readonly #error: EventSourceError;
  // Own properties, which Node.js prints.
  /** `[NON-SPEC]` Why. */
  declare readonly reason: Reason;
  /** `[NON-SPEC]` What happened and what to do. Defined as a field, because the platform's `message` has no setter. */
  readonly message: string;
  /** `[NON-SPEC]` The HTTP status of the response that failed the attempt, if there is one. */
  declare readonly status: number | undefined;
  /** `[NON-SPEC]` The same as `status`. The package `eventsource` has this name. */
  declare readonly code: number | undefined;
  /** `[NON-SPEC]` Whether the source reconnects by itself. */
  declare readonly willRetry: boolean;
  /** `[NON-SPEC]` The wait before the retry, in milliseconds. */
  declare readonly retryIn: number | undefined;
  /** `[NON-SPEC]` Attempts since the connection was last healthy, from 1. */
  declare readonly attempt: number;

  constructor(type: 'error', init: ErrorEventInit = {}) {
    const { error, message = error?.message, code = error?.status, willRetry = false, retryIn, attempt = 1 } = init;
    // `Event` ignores the members that it does not have.
    super(type, { error, message } as EventInit);
    this.#error = error!;
    this.reason = error?.reason as Reason;
    this.message = message!;
    this.status = this.code = code;
    this.willRetry = willRetry;
    this.retryIn = retryIn;
    this.attempt = attempt;
  }

  /** `[NON-SPEC]` The error itself. Its `code` is stable text, for example `ERR_CONTENT_TYPE`. */
  get error(): EventSourceError {
    return this.#error;
  }

  /** `[NON-SPEC]` The response that failed the attempt, if there is one. */
  get response(): Response | undefined {
    return this.#error?.response;
  }
}

/**
 * Why a source is closed permanently: it failed, or the server sent a 204 or ended the stream, or
 *
 * - `aborted`: the `signal` closed the source;
 * - `done`: the event that `until` marks arrived.
 */
export type CloseReason = Reason | 'aborted' | 'done';

/** `connectionclose` `[NON-SPEC]`: the source is closed permanently, except by `close()`. */
export class ConnectionCloseEvent extends PlatformEvent {
  declare readonly type: 'connectionclose';
  /** Why. */
  declare readonly reason: CloseReason;

  /** @internal */
  constructor(reason: CloseReason) {
    super(CLOSE);
    this.reason = reason;
  }
}

/** `streamcomment` `[NON-SPEC]`: a line of the stream that starts with a colon. */
export class StreamCommentEvent extends PlatformEvent {
  declare readonly type: 'streamcomment';
  /** The line without the colon and without one space after it. */
  declare readonly data: string;

  /** @internal */
  constructor(data: string) {
    super(COMMENT);
    this.data = data;
  }
}

/** `connectionstatechange` `[NON-SPEC]`: `source.state` has changed, except by `close()`. */
export class ConnectionStateChangeEvent extends PlatformEvent {
  declare readonly type: 'connectionstatechange';
  /** The new state. */
  declare readonly state: SourceState;

  /** @internal */
  constructor(state: SourceState) {
    super(STATE_CHANGE);
    this.state = state;
  }
}

// Runtimes that only render pages may have no `MessageEvent`.
if (MessageEvent) lookingLike(LightMessageEvent, MessageEvent);
const printable = { ErrorEvent, ConnectionCloseEvent, StreamCommentEvent, ConnectionStateChangeEvent };
named({ OpenEvent, ...printable });
// Not `OpenEvent`: the headers of a response may contain secrets.
printed(printable);
