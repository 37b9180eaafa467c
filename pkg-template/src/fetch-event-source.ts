// fetchEventSource(): a source with the signature of @microsoft/fetch-event-source.
import { onAbort } from './abort-listeners.ts';
import type { EventSourceError } from './errors.ts';
import { CLOSE, ErrorEvent } from './event-classes.ts';
import { AuthenticatedEventSource, CONTROLLER, controllerOf } from './event-source.ts';
import { readRequest, type FetchOptions } from './fetch-event-source-request.ts';
import type { AuthenticatedEventSourceInit } from './options.ts';
import { report } from './report-exception.ts';
import { SourceController } from './source-controller.ts';
import type { MaybePromise } from './token.ts';
import type { Fetch, RequestInput } from './platform-types.ts';

export { EventSourceError } from './errors.ts';

/** The content type of event streams, `text/event-stream`. */
export const EventStreamContentType: 'text/event-stream' = 'text/event-stream';

/** An event of the stream. */
export interface EventSourceMessage {
  /** The `id` of this event; `''` if it has none. */
  id: string;
  /** The event type; `''` if the stream named none. */
  event: string;
  /** The data. */
  data: string;
  /** The reconnection time in milliseconds, on the first event after the stream has changed it. */
  retry?: number;
}

/** The options of a source that the second argument may contain. All are `[NON-SPEC]`. */
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
   * Called with each response before it is read. An exception is passed to `onerror`. Default: the status must be 200 and
   * the type `text/event-stream`.
   *
   * It is not called for responses that the source handles itself: a 204, a refused redirect, and with `auth` or `token` a 401.
   */
  onopen?: ((response: Response) => void | Promise<void>) | undefined;
  /** Called with each event. An exception is passed to `onerror`. If that returns nothing, the stream continues. */
  onmessage?: ((event: EventSourceMessage) => void) | undefined;
  /** Called when the server has ended the stream. The promise then resolves. An exception is passed to `onerror`. */
  onclose?: (() => void) | undefined;
  /**
   * Called with each failure: an `EventSourceError`, or the exception of a callback.
   *
   * - Return a number to wait that many milliseconds before the next attempt.
   * - Throw to give up. The promise rejects with the exception.
   * - Return nothing to use the policy: if the failure may pass, a `GET`, or any request with `retry`, is retried. Any other
   *   failure rejects the promise.
   *
   * It may be asynchronous.
   */
  // biome-ignore lint/suspicious/noExplicitAny: callers of @microsoft/fetch-event-source rely on this type
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback may return nothing
  onerror?: ((error: any) => MaybePromise<number | null | undefined | void>) | undefined;
  /**
   * `false`: closes the connection while the page is hidden, and resumes when it is shown. Default: `false` for `GET`, else
   * `true`, because showing the page must not send such a request again.
   */
  openWhenHidden?: boolean | undefined;
  /** The function that sends the requests. Default: the global `fetch`. */
  fetch?: Fetch | undefined;
  /** Ends the stream. The promise resolves. */
  signal?: AbortSignal | null;
}

/**
 * Reads an event stream with callbacks. The signature is that of `@microsoft/fetch-event-source`.
 *
 * @param input the same as for `fetch`
 * @param init the request, callbacks and options
 * @returns resolves when the stream is over or the signal has aborted; rejects when it failed permanently, with an
 * `EventSourceError` or the exception of a callback
 */
export function fetchEventSource(input: RequestInput, init: FetchEventSourceInit = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    new Run(input, init, resolve, reject).start();
  });
}

/** Passes the events to one callback, and creates no other event objects. */
class CallbackController extends SourceController {
  /** Called with each event. */
  declare deliver: (message: EventSourceMessage) => void;
  /** The reconnection time that the next event reports. */
  #retry: number | undefined;

  override setReconnectionTime(milliseconds: number): void {
    if (milliseconds !== this.reconnectionTime) this.#retry = milliseconds;
    super.setReconnectionTime(milliseconds);
  }

  override message(event: string, data: string, id = ''): void {
    const retry = this.#retry;
    this.#retry = undefined;
    this.deliver({ id, event, data, retry } as EventSourceMessage);
  }
}

class CallbackSource extends AuthenticatedEventSource {
  static [CONTROLLER] = CallbackController;
}

/** The result of `shouldRetry`. */
type Verdict = boolean | number | undefined;

/** The result of a call: `{ error }` rejects the promise. */
type Outcome = { error?: unknown };

/** One call of `fetchEventSource`: a source, and the caller's callbacks. */
class Run {
  readonly #init: FetchEventSourceInit;
  readonly #url: string | URL;
  readonly #options: FetchOptions;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #source: AuthenticatedEventSource | undefined;
  /** The wait for the connection that follows an exception of `onmessage`. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The exception of `onopen`, and the response that it was thrown for. */
  #refusal: { error: unknown; response: Response } | undefined;
  /** The outcome once the source is closed. */
  #outcome: Outcome | undefined;
  #isSettled = false;
  /** Removes the listener from the caller's signal. */
  #ignoreSignal = (): void => {};

  constructor(input: RequestInput, init: FetchEventSourceInit, resolve: () => void, reject: (error: unknown) => void) {
    this.#init = init;
    ({ url: this.#url, options: this.#options } = readRequest(input, init));
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal } = this.#options;
    if (signal?.aborted) {
      this.#resolve();
      return;
    }
    this.#connect();
    this.#ignoreSignal = onAbort(signal, () => this.#settle({}));
  }

  #connect(resumption?: object): void {
    const { onopen, fetch } = this.#init;
    const source = new CallbackSource(this.#url, {
      ...this.#options,
      ...resumption,
      // Without `onopen` the source sends requests itself. It can then distinguish a CORS refusal from a network error.
      fetch: onopen ? (url: string, init?: RequestInit) => this.#fetch(url, init) : fetch,
      signal: undefined,
      shouldRetry: (failure: EventSourceError) => this.#decide(failure),
    } as unknown as AuthenticatedEventSourceInit);
    this.#source = source;
    (controllerOf(source) as CallbackController).deliver = (message) => this.#deliver(message);
    source.onerror = (event) => {
      if (!(event instanceof ErrorEvent)) return;
      if (event.willRetry) this.#outcome = undefined;
      else this.#settle(this.#outcome ?? { error: event.error });
    };
    source.addEventListener(CLOSE, () => this.#settle(this.#outcome ?? {}));
  }

  async #fetch(url: string, init: RequestInit | undefined): Promise<Response> {
    const response = await (this.#init.fetch ?? fetch)(url, init);
    if (this.#isForTheSource(response)) return response;
    try {
      await this.#init.onopen!(response);
    } catch (error) {
      this.#refusal = { error, response };
      // Returns a response that the source rejects too, because the source reads `Retry-After`.
      if (isEventStream(response)) throw error;
      return response;
    }
    return asEventStream(response);
  }

  /** Whether the source handles the response itself: a 204, a redirect, and a 401 if it has credentials. */
  #isForTheSource({ status, type }: Response): boolean {
    const { auth, token } = this.#options;
    return status === 204 || type === 'opaqueredirect' || (status === 401 && (auth ?? token) !== undefined);
  }

  #deliver(message: EventSourceMessage): void {
    try {
      this.#init.onmessage?.(message);
    } catch (thrown) {
      this.#deliveryFailed(thrown);
    }
  }

  /** Handles an exception of `onmessage`. The stream continues, unless `onerror` decides otherwise. */
  #deliveryFailed(thrown: unknown): void {
    if (!this.#init.onerror) {
      report(thrown);
      return;
    }
    const settle = (error: unknown): void => this.#settle({ error });
    const decide = (wait: unknown): void => {
      if (isWait(wait) && !this.#isSettled) this.#reconnect(wait);
    };
    try {
      const decision: unknown = this.#init.onerror(thrown);
      // At once if possible: after an exception no further event of the chunk is delivered.
      if (decision instanceof Promise) decision.then(decide, settle);
      else decide(decision);
    } catch (error) {
      settle(error);
    }
  }

  #reconnect(wait: number): void {
    const { lastEventId, reconnectionTime } = this.#source!;
    const { retry } = this.#options;
    this.#source!.close();
    const resumption = {
      lastEventId,
      retry: typeof retry === 'object' ? { ...retry, initialDelay: reconnectionTime } : retry,
    };
    this.#timer = setTimeout(() => this.#connect(resumption), wait);
  }

  /** Makes the final decision on a failure of the source: see `shouldRetry`. */
  #decide(failure: EventSourceError): Verdict | Promise<Verdict> {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal && (failure.response === refusal.response || failure.cause === refusal.error)) {
      return this.#callOnError(refusal.error, this.#mayRepeat);
    }
    if (failure.reason === 'no-content') return this.#stop();
    if (failure.reason !== 'end') return this.#callOnError(failure);
    try {
      this.#init.onclose?.();
    } catch (thrown) {
      return this.#callOnError(thrown, this.#mayRepeat);
    }
    return this.#stop();
  }

  /** Whether the request may be sent again if a callback throws and `onerror` returns nothing. */
  get #mayRepeat(): boolean {
    return Boolean(this.#options.retry);
  }

  #stop(): false {
    this.#outcome = {};
    return false;
  }

  /** Returns the decision of `onerror`, or else `fallback`. */
  async #callOnError(error: unknown, fallback?: boolean): Promise<Verdict> {
    this.#outcome = { error };
    try {
      const wait = await this.#init.onerror?.(error);
      return isWait(wait) ? wait : fallback;
    } catch (fatal) {
      this.#outcome = { error: fatal };
      return false;
    }
  }

  #settle(outcome: Outcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#ignoreSignal();
    clearTimeout(this.#timer);
    this.#source?.close();
    if ('error' in outcome) this.#reject(outcome.error);
    else this.#resolve();
  }
}

function isWait(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

/** Returns a response that the source accepts, because `onopen` has accepted it with any status and type. */
function asEventStream(response: Response): Response {
  // If the body was read already, `onopen` has handled the response.
  if (isEventStream(response) || response.bodyUsed || response.body === null) return response;
  return new Response(response.body, { headers: { 'Content-Type': EventStreamContentType } });
}

function isEventStream({ status, headers }: Response): boolean {
  return status === 200 && /^\s*text\/event-stream\s*([\s;,]|$)/i.test(headers.get('Content-Type') ?? '');
}
