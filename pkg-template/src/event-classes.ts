// The events that a source fires, and their types.
import { lookingLike, named } from './class-names.ts';
import type { EventSourceError, Reason } from './errors.ts';

/** The event types that `addEventListener` knows without an event map. */
export interface BaseEventMap {
  /** The stream is open. */
  open: OpenEvent;
  /** An attempt or the connection failed, or the data of an event did not parse. */
  error: ErrorEvent;
  /** `[NON-SPEC]` The source is closed permanently, except by `close()`. */
  close: CloseEvent;
  /** `[NON-SPEC]` A line of the stream that starts with a colon. */
  comment: CommentEvent;
  /** `[NON-SPEC]` `state` has changed. */
  statechange: StateChangeEvent;
}

/** The data type of each event type of a stream. */
export type EventTypes = Record<string, unknown>;

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
  /** The cause of this phase: a {@link Reason}, or in `connecting` the cause of the attempt, for example `retry`. */
  readonly reason: string | undefined;
  /** When this phase began, in milliseconds since 1970. */
  readonly since: number;
}

// Replacing the global later does not affect the events that are fired.
const { MessageEvent } = globalThis;

const NO_PORTS: readonly MessagePort[] = Object.freeze([]);

/**
 * An event of the stream for listeners. It costs a fraction of a `MessageEvent`, because engines copy each member of a
 * dictionary and parse `origin`. Code can distinguish it only by calling a member of `MessageEvent.prototype` itself on it:
 * the original getters and `initMessageEvent()` throw.
 */
export class LightMessageEvent extends Event {
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
export class OpenEvent extends Event {
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

/** What follows a failure. */
export interface FailureOutcome {
  willRetry: boolean;
  retryIn: number | undefined;
  attempt: number;
}

/** `error`: an attempt or the connection failed, or the data of an event did not parse. */
export class ErrorEvent extends Event {
  declare readonly type: 'error';
  /** `[NON-SPEC]` The error itself. */
  declare readonly error: EventSourceError;
  /** `[NON-SPEC]` Whether the source reconnects by itself. */
  declare readonly willRetry: boolean;
  /** `[NON-SPEC]` The wait before the retry, in milliseconds. */
  declare readonly retryIn: number | undefined;
  /** `[NON-SPEC]` Attempts since the connection was last healthy, from 1. */
  declare readonly attempt: number;

  /** @internal */
  constructor(error: EventSourceError, { willRetry, retryIn, attempt }: FailureOutcome) {
    super('error');
    this.error = error;
    this.willRetry = willRetry;
    this.retryIn = retryIn;
    this.attempt = attempt;
  }

  /** `[NON-SPEC]` Why. */
  get reason(): Reason {
    return this.error.reason;
  }

  /** `[NON-SPEC]` The stable code, for example `ERR_CONTENT_TYPE`. */
  get code(): string {
    return this.error.code;
  }

  /** `[NON-SPEC]` The HTTP status of the response, or `undefined` if there was no response. */
  get status(): number | undefined {
    return this.error.status;
  }

  /** `[NON-SPEC]` What happened and what to do. */
  get message(): string {
    return this.error.message;
  }

  /** `[NON-SPEC]` The response, or `undefined` if there was none. */
  get response(): Response | undefined {
    return this.error.response;
  }
}

/** `close` `[NON-SPEC]`: the source is closed permanently, except by `close()`. */
export class CloseEvent extends Event {
  declare readonly type: 'close';
  /** Why; `aborted` if the `signal` closed the source. */
  declare readonly reason: Reason | 'aborted';

  /** @internal */
  constructor(reason: Reason | 'aborted') {
    super('close');
    this.reason = reason;
  }
}

/** `comment` `[NON-SPEC]`: a line of the stream that starts with a colon. */
export class CommentEvent extends Event {
  declare readonly type: 'comment';
  /** The line without the colon and without one space after it. */
  declare readonly data: string;

  /** @internal */
  constructor(data: string) {
    super('comment');
    this.data = data;
  }
}

/** `statechange` `[NON-SPEC]`: `source.state` has changed. */
export class StateChangeEvent extends Event {
  declare readonly type: 'statechange';
  /** The new state. */
  declare readonly state: SourceState;

  /** @internal */
  constructor(state: SourceState) {
    super('statechange');
    this.state = state;
  }
}

// Runtimes that only render pages may have no `MessageEvent`.
if (MessageEvent) lookingLike(LightMessageEvent, MessageEvent);
named({ OpenEvent, ErrorEvent, CloseEvent, CommentEvent, StateChangeEvent });
