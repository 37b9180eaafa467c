import type { AuthenticatedEventSourceInit } from './index.js';

export { EventSourceError } from './index.js';

/** The content type of event streams, `text/event-stream`. */
export const EventStreamContentType: 'text/event-stream';

/** An event of the stream. */
export interface EventSourceMessage {
  /** The `id` of this event; `''` if it has none. */
  id: string;
  /** The event type; `''` if the stream named none. */
  event: string;
  /** The data. */
  data: string;
  /** The reconnection time, in milliseconds, on the first event after the stream has changed it. */
  retry?: number;
}

/** Options of a source that the second argument may hold besides. All are `[NON-SPEC]`. */
type SourceOptions = Pick<
  AuthenticatedEventSourceInit,
  | 'auth'
  | 'token'
  | 'headers'
  | 'body'
  | 'lastEventId'
  | 'lastEventIdParam'
  | 'retry'
  | 'connectTimeout'
  | 'heartbeatTimeout'
  | 'maxEventSize'
  | 'redirectPolicy'
>;

/** The second argument: the members of `RequestInit`, callbacks, and options of a source. */
export interface FetchEventSourceInit extends Omit<RequestInit, 'headers' | 'body'>, SourceOptions {
  /**
   * Called with each response before it is read; what it throws goes to `onerror`. Default: the
   * status must be 200 and the type `text/event-stream`.
   *
   * It does not see what ends the stream or is repaired without it: a 204, a refused redirect, and
   * with `auth` a 401.
   */
  onopen?: ((response: Response) => void | Promise<void>) | undefined;
  /**
   * Called with each event. What it throws goes to `onerror`; if that returns nothing, the stream
   * goes on.
   */
  onmessage?: ((event: EventSourceMessage) => void) | undefined;
  /**
   * Called when the server has ended the stream. Then the promise resolves, unless this throws:
   * that goes to `onerror`.
   */
  onclose?: (() => void) | undefined;
  /**
   * Called with each failure, an `EventSourceError` or what a callback threw. Return how many
   * milliseconds to wait before the next attempt, throw to give up (the promise rejects with what
   * was thrown), or return nothing: then a `GET` that may succeed later is retried by `retry`, and
   * anything else rejects the promise.
   */
  onerror?: ((error: any) => number | null | undefined | void) | undefined;
  /**
   * `false`: no connection while the page is hidden; it resumes when shown. Default: `false` for
   * `GET`, else `true`, because a request that acts must not be sent again when the page is shown.
   */
  openWhenHidden?: boolean | undefined;
  /** In place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Ends the stream; the promise resolves. */
  signal?: AbortSignal | null;
}

/**
 * Reads an event stream by callbacks, with the signature of `@microsoft/fetch-event-source`.
 *
 * @param input what `fetch` takes
 * @param init the request, callbacks and options
 * @returns resolves when the stream is over or the signal has aborted; rejects when it failed for
 * good, with an `EventSourceError` or what a callback threw
 */
export function fetchEventSource(input: RequestInfo | URL, init?: FetchEventSourceInit): Promise<void>;

// Without this line all that is declared here would be exported.
export {};
