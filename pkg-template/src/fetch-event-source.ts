import { Client, report } from './source-controller.ts';
import { AuthenticatedEventSource, CLIENT, clientOf } from './event-source.ts';
import { CloseEvent, ErrorEvent } from './event-classes.ts';
import { readRequest } from './fetch-event-source-request.ts';

export { EventSourceError } from './errors.ts';

/** The content type of event streams. */
export const EventStreamContentType = 'text/event-stream';

/**
 * Reads an event stream by callbacks, with the signature of `@microsoft/fetch-event-source`.
 * Resolves when the stream is over or the signal aborts, rejects when it failed for good.
 */
export function fetchEventSource(input, init = {}) {
  return new Promise((resolve, reject) => { new Run(input, init, resolve, reject).start(); });
}

/** Hands the messages to a callback and to nobody else, without the objects that it would make for others. */
class CallbackClient extends Client {
  /** Called with each message. */
  deliver;
  /** What the next message says of the reconnection time. */
  #retry;

  setReconnectionTime(milliseconds) {
    if (milliseconds !== this.reconnectionTime) this.#retry = milliseconds;
    super.setReconnectionTime(milliseconds);
  }

  message(event, data, id = '') {
    const retry = this.#retry;
    this.#retry = undefined;
    this.deliver({ id, event, data, retry });
  }
}

class CallbackSource extends AuthenticatedEventSource {
  static [CLIENT] = CallbackClient;
}

/** One call: a source, and what the caller's callbacks say of it. */
class Run {
  #init;
  #url;
  #options;
  #resolve;
  #reject;
  #source;
  /** Until the connection that `onmessage` asked for. */
  #timer;
  /** `{ error, response }`: what `onopen` threw, and at what. */
  #refusal;
  /** What is left of the promise once the source is closed; `{ error }` rejects it. */
  #end;
  /** The promise is settled: stops listening to the caller's signal. */
  #settled = new AbortController();

  constructor(input, init, resolve, reject) {
    this.#init = init;
    ({ url: this.#url, options: this.#options } = readRequest(input, init));
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start() {
    const { signal } = this.#options;
    if (signal?.aborted) return this.#resolve();
    this.#connect();
    signal?.addEventListener('abort', () => this.#settle({}), { signal: this.#settled.signal });
  }

  #connect(resumption) {
    const { onopen, fetch } = this.#init;
    const source = new CallbackSource(this.#url, {
      ...this.#options,
      ...resumption,
      // Without `onopen` the source fetches by itself, and can tell a CORS refusal from a dead network.
      fetch: onopen ? (...request) => this.#fetch(...request) : fetch,
      signal: undefined,
      shouldRetry: (failure) => this.#judge(failure),
    });
    this.#source = source;
    clientOf(source).deliver = (message) => this.#deliver(message);
    // Events of the stream may be named like these.
    source.onerror = (event) => {
      if (!(event instanceof ErrorEvent)) return;
      if (event.willRetry) this.#end = undefined;
      else this.#settle(this.#end ?? { error: event.error });
    };
    source.addEventListener('close', (event) => {
      if (event instanceof CloseEvent) this.#settle(this.#end ?? {});
    });
  }

  async #fetch(url, init) {
    const response = await (this.#init.fetch ?? fetch)(url, init);
    if (this.#isForTheSource(response)) return response;
    try {
      await this.#init.onopen(response);
    } catch (error) {
      this.#refusal = { error, response };
      // What the source would refuse too it shall see: it knows `Retry-After`.
      if (isEventStream(response)) throw error;
      return response;
    }
    return asEventStream(response);
  }

  /** What the source answers by itself: *stop* (204), a redirect, and a 401 if it has credentials. */
  #isForTheSource({ status, type }) {
    const { auth, token } = this.#options;
    return status === 204 || type === 'opaqueredirect' || (status === 401 && (auth ?? token) !== undefined);
  }

  #deliver(message) {
    try {
      this.#init.onmessage?.(message);
    } catch (thrown) {
      this.#notTaken(thrown);
    }
  }

  /** `onmessage` threw. The stream has no part in it, and goes on unless `onerror` says otherwise. */
  #notTaken(thrown) {
    if (!this.#init.onerror) return report(thrown);
    try {
      const wait = this.#init.onerror(thrown);
      if (isWait(wait)) this.#reconnect(wait);
    } catch (error) {
      this.#settle({ error });
    }
  }

  #reconnect(wait) {
    const { lastEventId, reconnectionTime } = this.#source;
    const { retry } = this.#options;
    this.#source.close();
    const resumption = { lastEventId, retry: typeof retry === 'object' ? { ...retry, initialDelay: reconnectionTime } : retry };
    this.#timer = setTimeout(() => this.#connect(resumption), wait);
  }

  /** The caller's last word on a failure of the source: see `shouldRetry`. */
  #judge(failure) {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal && (failure.response === refusal.response || failure.cause === refusal.error)) {
      return this.#ask(refusal.error, this.#mayRepeat);
    }
    if (failure.reason === 'no-content') return this.#stop();
    if (failure.reason !== 'end') return this.#ask(failure);
    try {
      this.#init.onclose?.();
    } catch (thrown) {
      return this.#ask(thrown, this.#mayRepeat);
    }
    return this.#stop();
  }

  /** Whether the request may be sent again if the caller's callbacks throw and `onerror` says nothing. */
  get #mayRepeat() {
    return Boolean(this.#options.retry);
  }

  #stop() {
    this.#end = {};
    return false;
  }

  /** What `onerror` says, else `verdict`. */
  #ask(error, verdict) {
    this.#end = { error };
    try {
      const wait = this.#init.onerror?.(error);
      return isWait(wait) ? wait : verdict;
    } catch (fatal) {
      this.#end = { error: fatal };
      return false;
    }
  }

  #settle(end) {
    if (this.#settled.signal.aborted) return;
    this.#settled.abort();
    clearTimeout(this.#timer);
    this.#source?.close();
    if ('error' in end) this.#reject(end.error);
    else this.#resolve();
  }
}

function isWait(value) {
  return typeof value === 'number' && value >= 0;
}

/** `onopen` has let the response in, whatever its status and type; the source judges by both. */
function asEventStream(response) {
  // Whoever has read the body has not let it in.
  if (isEventStream(response) || response.bodyUsed || response.body === null) return response;
  return new Response(response.body, { headers: { 'Content-Type': EventStreamContentType } });
}

function isEventStream({ status, headers }) {
  return status === 200 && /^text\/event-stream[\t ]*(;|$)/i.test(headers.get('Content-Type') ?? '');
}
