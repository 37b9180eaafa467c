// The state of one EventSource: it stands between the class and the connection loop.
import { onAbort } from './abort-listeners.ts';
import { ConnectionLoop } from './connection-loop.ts';
import { ADDRESS, WEBASSEMBLY, forbidden, watchPolicy } from './csp.ts';
import { EventSourceError, notParsed } from './errors.ts';
import {
  CLOSE,
  COMMENT,
  ConnectionCloseEvent,
  ConnectionStateChangeEvent,
  ErrorEvent,
  LightMessageEvent,
  OpenEvent,
  STATE_CHANGE,
  StreamCommentEvent,
  type CloseReason,
  type SourceEvent,
  type SourceState,
} from './event-classes.ts';
import type { EventQueue } from './event-queue.ts';
import type { EventTableReader, Visit } from './event-table.ts';
import type { ResolvedOptions } from './options.ts';
import { RECONNECT } from './protocol.ts';
import { report } from './report-exception.ts';
import { Credentials, type AttemptCause, type AttemptContext } from './token.ts';
import { endedEarly, isLast } from './until.ts';
import { withWasm } from './wasm.ts';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;

const { MessageEvent } = globalThis;

/** Callbacks of the entry ./observe, one for each step. */
export interface Watcher {
  /** A request is being prepared. */
  attempt?(attempt: number, cause: AttemptCause): void;
  received?(bytes: number, isComment: boolean): void;
  opened?(response: Response, resumed: boolean): void;
  /** An event arrived. If the callback returns `false`, it is dropped. If it returns an `Event`, that one is fired instead. */
  message?(type: string, data: string, id: string | undefined): false | Event | undefined;
  failed?(error: EventSourceError, retryIn: number, attempt: number): void;
  reconnecting?(cause: AttemptCause | 'takeover'): void;
  ended?(reason: string): void;
  gap?(gap: { requested: string; missed?: number | null; reason: string }): void;
}

export type WatchStep = keyof Watcher;

/** Calls the watchers of one step. */
type Watch = <Step extends WatchStep>(
  step: Step,
  ...args: Parameters<NonNullable<Watcher[Step]>>
) => ReturnType<NonNullable<Watcher['message']>>;

/**
 * Holds the state of one EventSource: options, ready state, listeners and iterators. The connection loop calls it for the
 * parts of a request, and to report what happens. Its steps are methods, so that other entries can override them.
 */
export class SourceController {
  readyState: 0 | 1 | 2 = CONNECTING;
  origin = '';
  state: SourceState = {
    phase: 'connecting',
    attempt: 1,
    nextRetryIn: undefined,
    reason: undefined,
    since: Date.now(),
  };
  readonly #target: EventTarget;
  declare readonly url: string;
  declare readonly options: ResolvedOptions;
  /** The position received: the ID of the last event that was dispatched or queued. */
  declare lastEventId: string;
  /** Set by the entry ./observe. */
  declare watch: Watch | undefined;
  /** The latest response, of any status. */
  response: Response | undefined;
  /** The text of its body, if it is an error response. */
  responseBody: string | undefined;
  readonly credentials: Credentials;
  #loop: ConnectionLoop | undefined;
  /** Whether the loop starts as soon as the WebAssembly is ready. */
  #isWanted = false;
  /** Whether `reconnect()` was called. The server resends the events that are parsed and not delivered. */
  #isRestarting = false;
  /** Whether no event may fire any more: after `close()`, or after the events of an abort. */
  #isSilent = false;
  /** Whether the source reads an existing stream, which no reconnect can open again. */
  isOneStream = false;
  /** Whether the console has shown a failure that has no listener. */
  #hasWarned = false;
  /** Contains the exception that loops throw after the end, if there is one. */
  #error: [error?: unknown] = [];
  /** Removes the listener of the caller's signal. */
  #ignoreSignal = (): void => {};
  /** The queues of all loops that have started. Queues of ended loops stay, because they hold a position. */
  readonly #queues = new Set<EventQueue<SourceEvent<string, unknown>>>();
  /** Records that are dispatched one by one, as in browsers, so that promise callbacks run between two events. */
  readonly #backlog: Parameters<Visit>[] = [];
  /** The reconnection time from the stream's `retry` field, after the bounds of the policy. */
  #reconnectionTime: number | undefined;
  /** The event types that have had a listener. For other types no event object is created, unless `isNative`. */
  readonly #listenedTypes = new Set<string>();
  /** Aborts when the source is closed, which ends everything that waits on its behalf. */
  readonly #released = new AbortController();

  constructor(target: EventTarget, url: string, options: ResolvedOptions) {
    this.#target = target;
    this.url = url;
    this.options = options;
    this.lastEventId = options.lastEventId;
    this.credentials = new Credentials(options.auth.provider);
  }

  /** Whether the source behaves like a browser's own (`retry: 'spec'`). */
  get isSpec(): boolean {
    return this.options.retry.isSpec;
  }

  /** Whether `fetch` accepts the URL. It rejects other schemes and user names like a network error. */
  get isFetchable(): boolean {
    return Boolean(this.options.request.fetch) || /^https?:\/\/[^@/]*\//.test(this.url);
  }

  /** Whether the browser blocks the URL as mixed content. It allows addresses of the same machine. */
  get isMixedContent(): boolean {
    return (
      /^https:/.test(globalThis.origin) &&
      /^http:\/\/(?!([^/]+\.)?localhost[:/]|127\.[\d.]+[:/]|\[::1\])/.test(this.url)
    );
  }

  start(): void {
    if (!this.#watchSignal()) return;
    watchPolicy(this.url, this.released, () => {
      if (this.readyState === CONNECTING) this.failed(forbidden(ADDRESS), -1, this.state.attempt, false);
    });
    this.connect();
  }

  get released(): AbortSignal {
    return this.#released.signal;
  }

  /** Starts the connection loop. */
  connect(): void {
    this.#isWanted = true;
    withWasm(
      (memory) => this.#run(memory),
      (error) => this.#cannotStart(error),
    );
  }

  /** Ends the connection loop. It can be started again. */
  disconnect(): void {
    this.#isWanted = false;
    this.#loop?.close();
    this.#loop = undefined;
    this.#reconnectionTime = undefined;
  }

  #run(memory: WebAssembly.Memory): void {
    if (!this.#isWanted || this.#loop) return;
    this.#loop = new ConnectionLoop(this, memory);
    if (this.#listenedTypes.has(COMMENT)) this.#loop.emitComments();
  }

  /** Closes the source when the caller's signal aborts. Returns `false` if it has aborted already. */
  #watchSignal(): boolean {
    const { signal } = this.options;
    if (signal?.aborted) {
      queueMicrotask(() => this.#abort());
      return false;
    }
    this.#ignoreSignal = onAbort(signal, () => this.#abort());
    return true;
  }

  #abort(): void {
    if (this.readyState === CLOSED) return;
    for (const queue of this.#queues) queue.clear();
    this.#finish('aborted', [this.options.signal!.reason]);
    // The signal may have aborted in a listener, after which further events would follow.
    this.#isSilent = true;
  }

  /** Closes the source at the event that `until` marks. */
  done(): void {
    if (this.readyState !== CLOSED) this.#finish('done', []);
  }

  /** Closes the source and fires the events of its end. Loops throw `error`, if it is not empty. */
  #finish(reason: CloseReason, error: [error?: unknown], event?: ErrorEvent): void {
    this.#end(reason, ...error);
    this.#announceState();
    if (event) this.#fire(event);
    // The standard has no such event.
    if (!this.options.isNative) this.#fire(new ConnectionCloseEvent(reason));
  }

  #cannotStart(cause: unknown): void {
    const error =
      (cause as Error | undefined)?.name === 'CompileError'
        ? forbidden(WEBASSEMBLY, cause)
        : new EventSourceError('The WebAssembly of this package could not be loaded. See `error.cause`.', {
            reason: 'wasm',
            cause,
          });
    // In a new task, so that listeners added after the constructor receive the event.
    setTimeout(() => this.failed(error, -1, 1, false));
  }

  // Called by the class.

  /** Closes the source permanently. Nothing fires afterwards. */
  close(): void {
    this.#isSilent = true;
    if (this.readyState === CLOSED) return;
    for (const queue of this.#queues) queue.clear();
    this.#end('closed');
  }

  #end(reason: string, ...error: [error?: unknown]): void {
    this.readyState = CLOSED;
    this.#ignoreSignal();
    this.watch?.('ended', reason);
    this.disconnect();
    this.#released.abort();
    this.state = { ...this.state, phase: 'closed', nextRetryIn: undefined, reason, since: Date.now() };
    this.#error = error;
    for (const queue of this.#queues) queue.end(...error);
  }

  reconnect(): void {
    if (this.isOneStream) return;
    this.#isRestarting = this.#loop !== undefined;
    this.#loop?.signal(RECONNECT);
  }

  /** The position taken: the earliest position of the loops, or else the position received. */
  get takenId(): string {
    let slowest: EventQueue<SourceEvent<string, unknown>> | undefined;
    for (const queue of this.#queues) if (queue.lag > (slowest?.lag ?? 0)) slowest = queue;
    return slowest?.position ?? this.lastEventId;
  }

  get reconnectionTime(): number {
    return this.#reconnectionTime ?? this.options.retry.initialDelay;
  }

  /** Called when a listener for an event type is added. */
  listen(type: string): void {
    this.#listenedTypes.add(type);
    if (type === COMMENT) this.#loop?.emitComments();
  }

  addQueue(queue: EventQueue<SourceEvent<string, unknown>>): void {
    if (this.readyState === CLOSED) queue.end(...this.#error);
    else this.#queues.add(queue);
  }

  // Called by the connection loop for the parts of a request.

  /** Returns the caller's part of a request. */
  async prepareRequest(context: AttemptContext): Promise<RequestInit> {
    const { request: options } = this.options;
    const headers = (await options.headers(context)) ?? {};
    const body = typeof options.body === 'function' ? await options.body(context) : options.body;
    const request: RequestInit & { duplex?: 'half' } = { ...options.init, method: options.method, headers };
    if (body !== undefined && body !== null) request.body = body;
    if (body instanceof ReadableStream) request.duplex = 'half';
    return request;
  }

  /** Returns what the providers may know about an attempt. */
  context(attempt: number, cause: AttemptCause): AttemptContext {
    const { lastEventId, url, response, responseBody: body } = this;
    return { attempt, cause, lastEventId, url, response, body };
  }

  // Called by the connection loop to report what happens. The entry ./observe sets `watch`, which is called too.

  received(bytes: number, isComment: boolean): void {
    this.watch?.('received', bytes, isComment);
  }

  opened(response: Response, resumed: boolean): void {
    if (this.readyState === CLOSED) return;
    this.#isRestarting = false;
    this.readyState = OPEN;
    this.origin = new URL(response.url || this.url, this.url).origin;
    this.watch?.('opened', response, resumed);
    this.#enter('open', { attempt: 1 });
    this.#fire(new OpenEvent(response, resumed));
  }

  setReconnectionTime(milliseconds: number): void {
    this.#reconnectionTime = milliseconds;
  }

  /**
   * Delivers the records of a table, until a listener closes the source or calls `reconnect()`. With `isSpec` it keeps them for
   * `ready()`.
   */
  dispatch(reader: EventTableReader, table: number): void {
    reader.read(table, this.isSpec ? this.#keep : this.#deliver);
  }

  readonly #keep = (...record: Parameters<Visit>): void => {
    this.#backlog.push(record);
  };

  /** Delivers one record. Returns whether to continue. */
  readonly #deliver = (isEvent: boolean, type: string, text: string | undefined, id: string | undefined): boolean => {
    if (id !== undefined) this.lastEventId = id;
    if (isEvent) this.message(type, text!, id);
    else if (text !== undefined) this.comment(text);
    return this.readyState === OPEN && !this.#isRestarting;
  };

  async #drain(): Promise<unknown> {
    for (const record of this.#backlog.splice(0)) {
      if (!this.#loop || this.readyState !== OPEN || !this.#deliver(record[0], record[1], record[2], record[3])) break;
      await undefined;
    }
    return this.#queuesDrained();
  }

  /** Delivers an event. `name`: the event type in the stream; `id`: the event's own ID, if it has one. */
  message(name: string, text: string, id: string | undefined): void {
    const type = name || 'message';
    const watched = this.watch?.('message', type, text, id);
    if (watched === false || this.#isSilent) return;
    const { lastEventId, origin } = this;
    const { until } = this.options;
    const isDone = until !== undefined && isLast(until, { type, data: text, lastEventId, origin });
    if (!isDone || typeof until === 'function') this.#deliverEvent(type, text, watched);
    if (isDone) this.done();
  }

  /** Parses the data of an event, and passes the event to the loops and listeners. */
  #deliverEvent(type: string, text: string, watched: Event | undefined): void {
    // The function `until` may have closed the source.
    if (this.#isSilent) return;
    const {
      lastEventId,
      origin,
      options: { parse, isNative },
    } = this;
    let data: unknown = text;
    if (parse) {
      try {
        data = parse(text, { type, data: text, lastEventId, origin });
      } catch (cause) {
        this.#notParsed(type, cause);
        return;
      }
      if (this.#isSilent) return;
    }
    for (const queue of this.#queues) queue.push({ type, data, lastEventId, origin });
    if (isNative) this.#fire(watched ?? new MessageEvent(type, { data, lastEventId, origin }));
    else if (this.#listenedTypes.has(type))
      this.#fire(watched ?? new LightMessageEvent(type, data, lastEventId, origin));
  }

  comment(text: string): void {
    this.#fire(new StreamCommentEvent(text));
  }

  #notParsed(type: string, cause: unknown): void {
    const error = notParsed(type, cause);
    this.#warn(error);
    this.#fire(this.#errorEvent(error, this.state.attempt));
  }

  /** Shows a failure on the console if there is no listener for it, once for each source. */
  #warn(error: EventSourceError, isHandled?: boolean): void {
    if (isHandled || this.#hasWarned || this.options.isNative || this.#listenedTypes.has('error')) return;
    this.#hasWarned = true;
    const { message, reason, cause } = error;
    // The cause of a parse error may quote the data of the event.
    console.warn(
      `AuthenticatedEventSource has no \`error\` listener: ${message}`,
      reason === 'parse' ? '' : (cause ?? ''),
    );
  }

  /** Returns a promise while an event is not dispatched, or a loop has not consumed its events. */
  ready(): Promise<unknown> | undefined {
    return this.#backlog.length > 0 ? this.#drain() : this.#queuesDrained();
  }

  #queuesDrained(): Promise<unknown> | undefined {
    const full = [...this.#queues].filter((queue) => queue.isFull);
    return full.length === 0 ? undefined : Promise.all(full.map((queue) => queue.drained()));
  }

  /** Calls the caller's `shouldRetry`. */
  async verdict(error: EventSourceError): Promise<boolean | number | undefined> {
    const { shouldRetry } = this.options;
    if (!shouldRetry || this.readyState === CLOSED) return undefined;
    try {
      return await shouldRetry(error);
    } catch (thrown) {
      report(thrown);
      return undefined;
    }
  }

  /** Reports a failure. `retryIn` is negative if there is no retry. `isEnd`: the server has ended the stream normally. */
  failed(error: EventSourceError, retryIn: number, attempt: number, isEnd: boolean): void {
    if (this.readyState === CLOSED) return;
    if (isEnd && retryIn < 0 && error.reason === 'end' && this.options.until !== undefined) {
      isEnd = false;
      error = endedEarly();
    }
    this.watch?.('failed', error, retryIn, attempt);
    if (retryIn >= 0) {
      this.readyState = CONNECTING;
      this.#enter('waiting', { attempt, nextRetryIn: retryIn, reason: error.reason });
      if (error.reason === 'auth') this.#warn(error);
      this.#fire(this.#errorEvent(error, attempt, retryIn));
      return;
    }
    if (isEnd && !this.isSpec) this.#finish(error.reason, []);
    else {
      this.#warn(error, this.#queues.size > 0 || this.#listenedTypes.has(CLOSE));
      this.#finish(error.reason, [error], this.#errorEvent(error, attempt));
    }
  }

  reconnecting(cause: AttemptCause | 'takeover', attempt?: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CONNECTING;
    this.watch?.('reconnecting', cause);
    this.#enter(cause === 'suspension' ? 'suspended' : 'connecting', { attempt, reason: cause });
  }

  #enter(
    phase: SourceState['phase'],
    {
      attempt = this.state.attempt,
      nextRetryIn,
      reason,
    }: { attempt?: number | undefined; nextRetryIn?: number; reason?: string },
  ): void {
    this.state = { phase, attempt, nextRetryIn, reason, since: Date.now() };
    this.#announceState();
  }

  #announceState(): void {
    if (this.#listenedTypes.has(STATE_CHANGE)) this.#fire(new ConnectionStateChangeEvent(this.state));
  }

  /** Returns the event `error`. Without `retryIn` there is no retry. */
  #errorEvent(error: EventSourceError, attempt: number, retryIn?: number): ErrorEvent {
    const event = new ErrorEvent('error', { error, attempt, willRetry: retryIn !== undefined, retryIn });
    // Browsers print the event of their own class as `[object Event]`.
    if (this.options.isNative) Object.defineProperty(event, Symbol.toStringTag, { value: 'Event' });
    return event;
  }

  #fire(event: Event): void {
    if (!this.#isSilent) this.#target.dispatchEvent(event);
  }
}
