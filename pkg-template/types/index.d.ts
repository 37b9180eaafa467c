/// <reference lib="esnext.disposable" />
/** The standard's own events, for `addEventListener` and the event handlers. */
export interface BaseEventMap {
  /** The connection was announced. */
  open: OpenEvent;
  /** An attempt or the connection failed, or the data of an event did not parse. */
  error: ErrorEvent;
  /** `[NON-SPEC]` The source is closed for good, though not by `close()`. */
  close: CloseEvent;
  /** `[NON-SPEC]` A line of the stream that starts with a colon. */
  comment: CommentEvent;
  /** `[NON-SPEC]` `state` is another. */
  statechange: StateChangeEvent;
}

/** The types of the events of a stream, and what their data is. */
export type EventTypes = Record<string, unknown>;

/** An event of the stream: what `for await`, `events()` and the parser give. */
export interface StreamEvent<Type extends string = string, Data = string> {
  /** The event type; `message` if the stream named none. */
  readonly type: Type;
  /** The data. */
  readonly data: Data;
  /** The last event ID: that of this event, or of the latest before it that had one. */
  readonly lastEventId: string;
}

/** An event of a source, with the origin of the final URL. */
export interface SourceEvent<Type extends string = string, Data = string> extends StreamEvent<Type, Data> {
  /** The origin of the URL that answered, after redirects. */
  readonly origin: string;
}

/** Why a source failed, or an attempt did. */
export type Reason =
  | 'network'
  | 'timeout'
  | 'stalled'
  | 'mute'
  | 'end'
  | 'status'
  | 'no-content'
  | 'content-type'
  | 'redirect'
  | 'unauthorized'
  | 'auth'
  | 'cors'
  | 'too-large'
  | 'request'
  | 'parse'
  | 'csp'
  | 'wasm';

/**
 * Why an event source failed. `message` says what happened and what to do; it never holds a
 * token, a cookie or a header value.
 */
export class EventSourceError extends Error {
  /** Always the same, also where a minifier has shortened the name of the class. */
  readonly name: 'EventSourceError';
  /** Why. */
  readonly reason: Reason;
  /** `ERR_` and the reason in capitals, such as `ERR_CONTENT_TYPE`. Never changes. */
  readonly code: string;
  /** The status of the response, if one came. */
  readonly status: number | undefined;
  /** The response, if one came. Its body is gone. */
  readonly response: Response | undefined;
  /** The exception behind it, if there was one. */
  readonly cause?: unknown;
}

/** `open` */
export interface OpenEvent extends Event {
  readonly type: 'open';
  /** `[NON-SPEC]` The response; its body belongs to the source. */
  readonly response: Response;
  /** `[NON-SPEC]` Whether the source was open before. */
  readonly resumed: boolean;
}

/** `error` */
export interface ErrorEvent extends Event {
  readonly type: 'error';
  /** `[NON-SPEC]` Why. */
  readonly reason: Reason;
  /** `[NON-SPEC]` The stable code, such as `ERR_CONTENT_TYPE`. */
  readonly code: string;
  /** `[NON-SPEC]` The status of the response, if one came. */
  readonly status: number | undefined;
  /** `[NON-SPEC]` What happened and what to do. */
  readonly message: string;
  /** `[NON-SPEC]` The error itself. */
  readonly error: EventSourceError;
  /** `[NON-SPEC]` Whether the source reconnects by itself. */
  readonly willRetry: boolean;
  /** `[NON-SPEC]` In how many milliseconds. */
  readonly retryIn: number | undefined;
  /** `[NON-SPEC]` Attempts since the connection was last healthy, from 1. */
  readonly attempt: number;
  /** `[NON-SPEC]` The response, if one came. */
  readonly response: Response | undefined;
}

/** `close` `[NON-SPEC]` */
export interface CloseEvent extends Event {
  readonly type: 'close';
  /** Why; `aborted` if the `signal` did it. */
  readonly reason: Reason | 'aborted';
}

/** `comment` `[NON-SPEC]` */
export interface CommentEvent extends Event {
  readonly type: 'comment';
  /** The line without the colon and one space behind it. */
  readonly data: string;
}

/** `statechange` `[NON-SPEC]` */
export interface StateChangeEvent extends Event {
  readonly type: 'statechange';
  /** The new state. */
  readonly state: SourceState;
}

/** Where a source stands. */
export interface SourceState {
  /** `suspended`: the page is hidden or in the back/forward cache. */
  readonly phase: 'connecting' | 'open' | 'waiting' | 'suspended' | 'closed';
  /** Attempts since the connection was last healthy, from 1. */
  readonly attempt: number;
  /** In `waiting`: the wait, in milliseconds, counted from `since`. */
  readonly nextRetryIn: number | undefined;
  /** What led here: a {@link Reason}; in `connecting` why it connects anew, such as `retry`. */
  readonly reason: string | undefined;
  /** When this phase began, in milliseconds since 1970. */
  readonly since: number;
}

/** What the providers are told of the attempt that asks them. */
export interface AttemptContext {
  /** Attempts since the connection was last healthy, from 1. */
  readonly attempt: number;
  /** Why the attempt is made. */
  readonly cause: 'start' | 'retry' | 'unauthorized' | 'renewal' | 'reconnect' | 'suspension';
  /** The last event ID that will be sent. */
  readonly lastEventId: string;
  /** The URL of the source. */
  readonly url: string;
}

type MaybePromise<T> = T | Promise<T>;

/** A token, alone or with its end. */
export type Token =
  | string
  | {
      /** The token. */
      readonly token: string;
      /** When it expires: a `Date`, or milliseconds since 1970. Default: the `exp` of a JWT. */
      readonly expiresAt?: number | Date;
    };

/** Where tokens come from. Sources that share a provider object share its refresh. */
export interface AuthProvider {
  /** The token, or a function that is asked for it on every attempt. */
  token: string | ((context: AttemptContext) => MaybePromise<Token>);
  /**
   * Called after a 401, before the one retry; at most once at a time for all sources of this
   * provider. Default: `token` is asked once more (for `GET`, or if `retry` is given).
   */
  onUnauthorized?(context: AttemptContext): MaybePromise<unknown>;
  /** The authentication scheme before the token; `''` for none. Default `'Bearer'`. */
  scheme?: string;
  /** The name of the header. Default `'Authorization'`. */
  header?: string;
  /**
   * How many milliseconds before a token expires the source reconnects with a fresh one, without
   * losing or repeating an event. Default 30,000. Needs `expiresAt`, or a JWT with `exp`.
   */
  renewBefore?: number;
}

/** When to reconnect. Times in milliseconds. */
export interface RetryOptions {
  /** The reconnection time until the stream's `retry` field sets another; at least 1. Default 3,000. */
  initialDelay?: number;
  /** The longest wait, unless the reconnection time is longer. Default 30,000. */
  maxDelay?: number;
  /** By how much the range of the wait grows with each retry. Default 2. */
  multiplier?: number;
  /** `'full'`: uniformly random over the range; `'none'`: always the longest. Default `'full'`. */
  jitter?: 'full' | 'none';
  /** How many retries in a row may fail. Default `Infinity`. */
  maxRetries?: number;
  /** How long a stream without events must live before retries are counted anew. Default 5,000. */
  resetAfter?: number;
  /** `'error'`: not after the server has ended the stream in order. Default `'always'`. */
  on?: 'always' | 'error' | 'never';
}

/** A schema of the [Standard Schema](https://standardschema.dev) interface, validated at once. */
export interface StandardSchema<Output> {
  /** What the interface asks of every schema. */
  readonly '~standard': {
    /** The version of the interface. */
    readonly version: 1;
    /** The library that made the schema. */
    readonly vendor: string;
    /** Checks a value: `{ value }`, or `{ issues }`. */
    readonly validate: (value: unknown) => unknown;
    /** For types alone. */
    readonly types?:
      | {
          /** What is checked. */
          readonly input: unknown;
          /** What comes of it. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** How the data of an event is read. */
export type Parse<Data> = 'json' | ((data: string, event: SourceEvent) => Data) | StandardSchema<Data>;

/** The second argument. All members are `[NON-SPEC]` but `withCredentials`. */
export interface AuthenticatedEventSourceInit<Data = string> {
  /** A bearer token, a function asked for one on every attempt, or a provider. */
  auth?: string | ((context: AttemptContext) => MaybePromise<Token>) | AuthProvider;
  /** The same as `auth`, for the simple case. */
  token?: string | ((context: AttemptContext) => MaybePromise<Token>);
  /** Headers, or a function asked for them on every attempt. */
  headers?: HeadersInit | ((context: AttemptContext) => MaybePromise<HeadersInit>);
  /**
   * Default `'GET'`. With any other a request is never sent twice, unless `retry` says so, or after
   * a 401 if `auth.onUnauthorized` is given.
   */
  method?: string;
  /** The body, or a function that makes it anew for every attempt. A `ReadableStream` can be sent
   *  only once: with `retry` or `onUnauthorized` it must come from a function. */
  body?: BodyInit | null | ((context: AttemptContext) => MaybePromise<BodyInit | null>);
  /** As in `RequestInit`. */
  mode?: RequestMode;
  /** As in `RequestInit`. Default `'same-origin'`. */
  credentials?: RequestCredentials;
  /** As in `RequestInit`. Default `'no-store'`. */
  cache?: RequestCache;
  /** As in `RequestInit`; see also `redirectPolicy`. */
  redirect?: RequestRedirect;
  /** As in `RequestInit`. */
  referrer?: string;
  /** As in `RequestInit`. */
  referrerPolicy?: ReferrerPolicy;
  /** As in `RequestInit`. */
  integrity?: string;
  /** As in `RequestInit`. */
  keepalive?: boolean;
  /** As in `RequestInit`. Default `'auto'`. */
  priority?: RequestPriority;
  /** Closes the source when it aborts. */
  signal?: AbortSignal;
  /** Sends cookies to other origins too. Default `false`. */
  withCredentials?: boolean;
  /** In place of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Where to start. Default `''`. */
  lastEventId?: string;
  /**
   * Sends the last event ID as this query parameter: to the own origin besides the header, to
   * another origin in its place, because its CORS preflight may not allow the header.
   */
  lastEventIdParam?: string;
  /**
   * `false`: never reconnect; `'spec'`: exactly as browsers do. Default: the defaults of
   * {@link RetryOptions} for `GET`, else `false`.
   */
  retry?: RetryOptions | false | 'spec';
  /**
   * The last word on each failure: whether to retry, or after how many milliseconds; `undefined`
   * leaves it to the policy. Only `retry.maxRetries` limits it.
   */
  shouldRetry?: (failure: EventSourceError) => boolean | number | undefined;
  /** Milliseconds to wait for the providers, and again for response headers. Default 30,000. */
  connectTimeout?: number;
  /**
   * Milliseconds (above 0) without a byte (comments count) before the connection counts as dead; `'auto'`:
   * three times the longest pause seen, at least 10,000, once a rhythm was seen, or announced in
   * seconds by the response header `SSE-Heartbeat`; `false`: never.
   * Default `'auto'`.
   */
  heartbeatTimeout?: number | 'auto' | false;
  /**
   * `false`: no connection while the page is hidden; it resumes when shown. What is not `GET` fails
   * instead, unless `retry` is given. Default `true`.
   */
  openWhenHidden?: boolean;
  /** The largest event, and the longest line, in bytes. Default 16 MiB, at most 2 GiB. */
  maxEventSize?: number;
  /**
   * Whether a request with secrets may be redirected to another origin. Default `'same-origin'`, also with
   * `retry: 'spec'`; with an explicit `redirect` the default is `'follow'`. Secrets are a token, a body, and every header
   * except `Accept`, `Accept-Language`, `Content-Language`, `Content-Type` and `Last-Event-ID`.
   */
  redirectPolicy?: 'same-origin' | 'follow';
  /**
   * Reads the data of each event. What fails is an `error` event with `reason: 'parse'`; the
   * stream goes on.
   */
  parse?: Parse<Data>;
}

/** Options whose `parse` says what the data of every event is. */
type WithParse<How> = Omit<AuthenticatedEventSourceInit, 'parse'> & {
  /** Reads the data of each event. */
  parse: How;
};

/** What gives the data its type by itself. */
type Reader<Data> = ((data: string, event: SourceEvent) => Data) | StandardSchema<Data>;

/**
 * An `EventSource` ([WHATWG HTML §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html))
 * that authenticates, reconnects by policy and resumes exactly.
 *
 * @typeParam Events what the data of each event type is
 */
export interface AuthenticatedEventSource<Events extends EventTypes = Record<string, string>> extends EventTarget {
  /** 0: not open yet, or about to reconnect. */
  readonly CONNECTING: 0;
  /** 1: the stream is being read. */
  readonly OPEN: 1;
  /** 2: closed for good. */
  readonly CLOSED: 2;

  /** The URL, absolute. */
  readonly url: string;
  /** `CONNECTING` (0), `OPEN` (1) or `CLOSED` (2). */
  readonly readyState: 0 | 1 | 2;
  /** Whether cookies are sent to other origins. */
  readonly withCredentials: boolean;
  /**
   * `[NON-SPEC]` The last event ID string: that of the last event that was dispatched. A `for
   * await` loop that lags behind finds the place it has reached in `event.lastEventId`.
   */
  readonly lastEventId: string;
  /** `[NON-SPEC]` The reconnection time, in milliseconds. */
  readonly reconnectionTime: number;
  /** `[NON-SPEC]` Where the source stands. */
  readonly state: SourceState;

  /** Called with `open`, which is no event of the stream. */
  onopen: ((this: AuthenticatedEventSource<Events>, event: OpenEvent) => unknown) | null;
  /** Called with events of the stream of type `message`, or of none. */
  onmessage: ((this: AuthenticatedEventSource<Events>, event: MessageEvent<'message' extends keyof Events ? Events['message'] : string>) => unknown) | null;
  /** Called with `error`: an attempt failed (`willRetry`), or the source did, for good. */
  onerror: ((this: AuthenticatedEventSource<Events>, event: ErrorEvent) => unknown) | null;

  /** Closes for good: nothing fires afterwards, nothing is left behind. */
  close(): void;
  /** `[NON-SPEC]` Connects anew, at once, with the same last event ID. */
  reconnect(): void;
  /** `[NON-SPEC]` Forgets the last event ID and the reconnection time. */
  reset(): void;
  /** `[NON-SPEC]` Closes it at the end of a block: `using source = new AuthenticatedEventSource(…)`. */
  [Symbol.dispose](): void;

  addEventListener<Type extends keyof BaseEventMap>(
    type: Type,
    listener: ((this: this, event: BaseEventMap[Type]) => unknown) | { handleEvent(event: BaseEventMap[Type]): unknown } | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: ((this: this, event: MessageEvent<Events[Type]>) => unknown) | { handleEvent(event: MessageEvent<Events[Type]>): unknown } | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof BaseEventMap>(
    type: Type,
    listener: ((this: this, event: BaseEventMap[Type]) => unknown) | { handleEvent(event: BaseEventMap[Type]): unknown } | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: ((this: this, event: MessageEvent<Events[Type]>) => unknown) | { handleEvent(event: MessageEvent<Events[Type]>): unknown } | null,
    options?: boolean | EventListenerOptions,
  ): void;

  /**
   * `[NON-SPEC]` The events of all types, in order. While a loop runs, the network is read no
   * faster than the loop. Leaving it early closes the source; a failure for good is thrown.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<
    { [Type in keyof Events & string]: SourceEvent<Type, Events[Type]> }[keyof Events & string]
  >;
}

/** The class. */
export const AuthenticatedEventSource: {
  /** What all sources inherit. Not typed, so that a class that extends this one may have more members. */
  readonly prototype: any;
  /** 0: not open yet, or about to reconnect. */
  readonly CONNECTING: 0;
  /** 1: the stream is being read. */
  readonly OPEN: 1;
  /** 2: closed for good. */
  readonly CLOSED: 2;

  // The first two have two type parameters, so that a call that names an event map is neither.

  /** Connects, and reads the data of all events as JSON. Name an event map to give them types. */
  new <Data, _Inferred>(url: string | URL, init: WithParse<'json'>): AuthenticatedEventSource<Record<string, any>>;
  /** Connects; the data of all events is what `parse` makes of it. */
  new <Data, _Inferred>(url: string | URL, init: WithParse<Reader<Data>>): AuthenticatedEventSource<Record<string, Data>>;
  /**
   * Connects. Nothing need be loaded before.
   *
   * @typeParam Events what the data of each event type is
   * @param url absolute, or relative to the document or worker
   * @param init a bearer token, or options
   * @throws `SyntaxError` `DOMException`: the URL is not valid; `TypeError`: an option is not
   */
  new <Events extends EventTypes = Record<string, string>>(
    url: string | URL,
    init?: string | AuthenticatedEventSourceInit<Events[keyof Events]>,
  ): AuthenticatedEventSource<Events>;

  /**
   * `[NON-SPEC]` A source over a stream of bytes that is there already. It is never reconnected.
   *
   * @param stream belongs to the source from now on, which cancels it when it closes
   * @throws TypeError if the stream is locked, or was read from
   */
  fromReadableStream<Events extends EventTypes = Record<string, string>>(
    stream: ReadableStream<Uint8Array>,
    init?: Pick<AuthenticatedEventSourceInit<Events[keyof Events]>, 'lastEventId' | 'maxEventSize' | 'parse' | 'signal'>,
  ): AuthenticatedEventSource<Events>;
};

/** What `events()` and the parser take. */
export interface ParserOptions {
  /** The largest event, and the longest line, in bytes. Default 16 MiB. */
  maxEventSize?: number;
  /** The last event ID to start with. Default `''`. */
  lastEventId?: string;
}

/**
 * The events of a `Response`, or of a stream of bytes, that is there already: for answers that
 * come once, such as those of language models. Leaving the loop cancels the stream.
 *
 * @throws {EventSourceError} the response is no event stream, or an event is too large
 */
export function events(
  source: Response | ReadableStream<Uint8Array>,
  options?: ParserOptions & {
    /** Cancels the stream; the loop then throws the signal's reason. */
    signal?: AbortSignal;
    /** The stream is over at an event with this data, such as `'[DONE]'`. */
    doneData?: string;
  },
): AsyncIterableIterator<StreamEvent>;

/**
 * The parser of WHATWG HTML §9.2.6 alone. Cutting the input differently changes nothing.
 *
 * Its constructor needs the WebAssembly at once, and throws an `EventSourceError` (`wasm`) where it has to be waited
 * for: with `./slim` until a source was open, and in Chromium before 114. {@link events} and
 * {@link EventStreamDecoderStream} wait by themselves.
 */
export class EventStreamParser {
  constructor(options?: ParserOptions);
  /** The last event ID of the stream so far. */
  readonly lastEventId: string;
  /** What the stream's latest `retry` field said, in milliseconds. */
  readonly reconnectionTime: number | undefined;
  /**
   * Takes the next bytes and returns the events that are complete with them.
   *
   * @throws {EventSourceError} an event or a line was larger than `maxEventSize`; if there were events before it, the
   * next call throws
   */
  feed(chunk: Uint8Array | ArrayBuffer | string): StreamEvent[];
  /**
   * Takes the next bytes and calls `onEvent` with each event that is complete with them, which is faster for many small
   * events. `onEvent` may `end()` or `reset()` the parser, which then drops the rest of the chunk.
   *
   * What `onEvent` throws is thrown here. The rest of the chunk is lost then, so the parser has to be reset;
   * {@link lastEventId} is that of the event which was refused.
   *
   * @throws {EventSourceError} an event or a line was larger than `maxEventSize`
   * @throws {DOMException} `InvalidStateError`: it was called by its own `onEvent`, or that has thrown and the parser was
   * not reset
   */
  feed(chunk: Uint8Array | ArrayBuffer | string, onEvent: (event: StreamEvent) => void): void;
  /** Ends the stream: what is unfinished is dropped. The last event ID and the reconnection time stay. */
  end(): void;
  /** Starts a new stream, without a reconnection time. */
  reset(lastEventId?: string): void;
}

/** A `TransformStream` from bytes to events. */
export class EventStreamDecoderStream extends TransformStream<Uint8Array, StreamEvent> {
  constructor(options?: ParserOptions);
}

// Without this line all that is declared here would be exported.
export {};
