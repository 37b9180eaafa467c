// The script of the table: the native class, ours, and what else people use.
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { EventSource as Ours } from 'authenticated-event-source/event-source';
import { EventSourcePolyfill } from 'event-source-polyfill';
import { EventSource as Eventsource } from 'eventsource';
import { EventSource as Extended } from 'extended-eventsource';
import Reconnecting from 'reconnecting-eventsource';
import { SSE } from 'sse.js';
import { install } from '../runner.mjs';

const TYPE = 'text/event-stream';

/** A function with callbacks, in the shape of the class. `onopen` does what the package does without one. */
class FetchEventSource extends EventTarget {
  readyState = 0;
  #abort = new AbortController();

  constructor(url, { withCredentials = false } = {}) {
    super();
    this.url = new URL(url, location.href).href;
    this.withCredentials = Boolean(withCredentials);
    const { origin } = new URL(this.url);
    // It rejects only if a handler throws, after which there is nothing left to do.
    void fetchEventSource(this.url, {
      signal: this.#abort.signal,
      credentials: withCredentials ? 'include' : 'same-origin',
      openWhenHidden: true,
      onopen: async (response) => {
        if (!response.headers.get('content-type')?.startsWith(TYPE)) throw new Error('no event stream');
        this.#enter(1, new Event('open'));
      },
      onmessage: ({ event, data, id }) =>
        this.dispatchEvent(new MessageEvent(event || 'message', { data, lastEventId: id, origin })),
      onerror: () => this.#enter(0, new Event('error')),
      onclose: () => this.#enter(2, new Event('error')),
    });
  }

  #enter(state, event) {
    this.readyState = state;
    this.dispatchEvent(event);
  }

  close() {
    this.readyState = 2;
    this.#abort.abort();
  }
}

const all = {
  native: globalThis.EventSource,
  ours: Ours,
  'ours, default': AuthenticatedEventSource,
  eventsource: Eventsource,
  'event-source-polyfill': EventSourcePolyfill,
  '@microsoft/fetch-event-source': FetchEventSource,
  'extended-eventsource': Extended,
  'reconnecting-eventsource': Reconnecting,
  // It reconnects only if it is asked to.
  'sse.js': class extends SSE {
    constructor(url, init) {
      super(url, { autoReconnect: true, ...init });
    }
  },
};

install(all, AuthenticatedEventSource);
