import type { AuthenticatedEventSourceInit, ErrorEvent, OpenEvent } from './index.js';

export { EventSourceError } from './index.js';

/**
 * `EventSource` of [WHATWG HTML §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)
 * over `fetch`, for code that takes the class as a parameter or assigns it to `globalThis`.
 * Reconnects exactly as browsers do, unless `retry` says otherwise.
 */
export class EventSource extends EventTarget {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSED: 2;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSED: 2;

  constructor(url: string | URL, init?: Omit<AuthenticatedEventSourceInit, 'parse'>);

  readonly url: string;
  readonly readyState: 0 | 1 | 2;
  readonly withCredentials: boolean;
  onopen: ((this: this, event: OpenEvent) => unknown) | null;
  onmessage: ((this: this, event: MessageEvent<string>) => unknown) | null;
  onerror: ((this: this, event: ErrorEvent) => unknown) | null;
  close(): void;

  addEventListener(type: 'open', listener: ((this: this, event: OpenEvent) => unknown) | null, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: 'error', listener: ((this: this, event: ErrorEvent) => unknown) | null, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: ((this: this, event: MessageEvent<string>) => unknown) | null, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

export default EventSource;
