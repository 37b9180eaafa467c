import type { AuthenticatedEventSourceInit } from './index.js';

export { EventSourceError } from './index.js';

/** The native interface: what takes an `EventSource` takes this one. */
export interface EventSource extends globalThis.EventSource {}

/**
 * `EventSource` of [WHATWG HTML §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)
 * over `fetch`, for code that takes the class as a parameter or assigns it to `globalThis`.
 * Reconnects exactly as browsers do, unless `retry` says otherwise.
 */
export const EventSource: {
  /** What all sources inherit. */
  readonly prototype: EventSource;
  /** 0: not open yet, or about to reconnect. */
  readonly CONNECTING: 0;
  /** 1: the stream is being read. */
  readonly OPEN: 1;
  /** 2: closed for good. */
  readonly CLOSED: 2;

  /**
   * Connects.
   *
   * @param url absolute, or relative to the document or worker
   * @param init `withCredentials`, and every option of `AuthenticatedEventSource` but `parse`
   * @throws `SyntaxError` `DOMException`: the URL is not valid; `TypeError`: an option is not
   */
  new (url: string | URL, init?: Omit<AuthenticatedEventSourceInit, 'parse'>): EventSource;
};

export default EventSource;
