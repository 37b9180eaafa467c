import { CloseEvent, CommentEvent, ErrorEvent, OpenEvent, StateChangeEvent, StreamEvent } from './event-classes.ts';
import { EventSourceError } from './errors.ts';
import { singleFlight, toToken } from './token.ts';
import { Driver, RECONNECT, RESET } from './connection-loop.ts';
import { ADDRESS, WEBASSEMBLY, forbidden, watchPolicy } from './csp.ts';
import { withWasm } from './wasm.ts';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;

const { MessageEvent } = globalThis;

/**
 * What stands between the class and the connection: the settings, what the driver asks for and tells, and what
 * the class shows of the state. Its steps are methods, so that other entries of the package can stand between.
 */
export class Client {
  readyState = CONNECTING;
  origin = '';
  state = { phase: 'connecting', attempt: 1, nextRetryIn: undefined, reason: undefined, since: Date.now() };
  #target;
  #driver;
  /** Whether there is to be one as soon as there is WebAssembly. */
  #isWanted = false;
  /** `reconnect()` was called: what was parsed and not delivered will come again. */
  #isLeaving = false;
  /** `close()` was called: whatever is under way, no listener hears of it. */
  #isSilent = false;
  /** The error that ended the source for good, if there was one. */
  #error = [];
  #queues = new Set();
  /** As browsers do: what was parsed is dispatched one by one, so that promises run between two events. */
  #backlog = [];
  /** What the stream's `retry` field said. */
  #reconnectionTime;
  /** The event types that somebody has listened for: unless `isNative`, for others no event object is made. */
  #heard = new Set();
  /** Aborts once the source is closed, and whatever waits on its behalf is to be let go. */
  #released = new AbortController();

  constructor(target, url, options) {
    this.#target = target;
    this.url = url;
    Object.assign(this, options);
    // `fetch` refuses other schemes, and user names, in a way that looks like a dead network.
    this.isFetchable = Boolean(this.fetch) || /^https?:\/\/[^@/]*\//.test(url);
  }

  start() {
    if (!this.#watchSignal()) return;
    watchPolicy(this.url, this.released, () => {
      if (this.readyState === CONNECTING) this.failed(forbidden(ADDRESS), -1, this.state.attempt, false);
    });
    this.connect();
  }

  get released() {
    return this.#released.signal;
  }

  /** Makes the connection. */
  connect() {
    this.#isWanted = true;
    withWasm((memory) => this.#run(memory), (error) => this.#cannotStart(error));
  }

  /** Lets the connection go; it can be made again. */
  disconnect() {
    this.#isWanted = false;
    this.#driver?.close();
    this.#driver = undefined;
    this.#reconnectionTime = undefined;
  }

  #run(memory) {
    if (!this.#isWanted || this.#driver) return;
    this.#driver = new Driver(this, memory);
    if (this.#heard.has('comment')) this.#driver.hearComments();
  }

  /** Whether there is anything to start. */
  #watchSignal() {
    const { signal } = this;
    if (signal?.aborted) {
      queueMicrotask(() => this.#abort());
      return false;
    }
    signal?.addEventListener('abort', () => this.#abort(), { signal: this.released });
    return true;
  }

  #abort() {
    if (this.readyState === CLOSED) return;
    for (const queue of this.#queues) queue.clear();
    this.#end('aborted');
    this.#announceState();
    this.#fire(new CloseEvent('aborted'));
    // It may have been aborted in the middle of something else that fires.
    this.#isSilent = true;
  }

  #cannotStart(cause) {
    const error = cause?.name === 'CompileError'
      ? forbidden(WEBASSEMBLY, cause)
      : new EventSourceError('the WebAssembly of this package could not be loaded: see `error.cause`', { reason: 'wasm', cause });
    // In a task of its own, so that listeners added after the constructor hear it.
    setTimeout(() => this.failed(error, -1, 1, false));
  }

  // What the class asks for.

  /** Closes for good; nothing fires afterwards. */
  close() {
    this.#isSilent = true;
    if (this.readyState === CLOSED) return;
    for (const queue of this.#queues) queue.clear();
    this.#end('closed');
  }

  #end(reason, ...error) {
    this.readyState = CLOSED;
    this.watch?.('ended', reason);
    this.disconnect();
    this.#released.abort();
    this.state = { ...this.state, phase: 'closed', nextRetryIn: undefined, reason, since: Date.now() };
    this.#error = error;
    for (const queue of this.#queues) queue.end(...error);
    this.#queues.clear();
  }

  reconnect() {
    this.#isLeaving = this.#driver !== undefined;
    this.#driver?.signal(RECONNECT);
  }

  reset() {
    this.lastEventId = '';
    this.#reconnectionTime = undefined;
    this.#driver?.signal(RESET);
  }

  get reconnectionTime() {
    return this.#reconnectionTime ?? this.initialDelay;
  }

  hear(type) {
    this.#heard.add(type);
    if (type === 'comment') this.#driver?.hearComments();
  }

  addQueue(queue) {
    if (this.readyState === CLOSED) queue.end(...this.#error);
    else this.#queues.add(queue);
  }

  removeQueue(queue) {
    this.#queues.delete(queue);
  }

  // What the driver asks for.

  /** The caller's part of a request. */
  async request(attempt, cause) {
    this.watch?.('asked', attempt, cause);
    const context = this.#context(attempt, cause);
    const headers = (await this.headers(context)) ?? {};
    const body = typeof this.body === 'function' ? await this.body(context) : this.body;
    const request = { ...this.requestInit, method: this.method, headers };
    if (body !== undefined && body !== null) request.body = body;
    if (body instanceof ReadableStream) request.duplex = 'half';
    return request;
  }

  async token(attempt, cause) {
    const { token } = this.provider;
    return toToken(typeof token === 'function' ? await this.provider.token(this.#context(attempt, cause)) : token);
  }

  async refresh() {
    await singleFlight(this.provider, this.#context(this.state.attempt, 'unauthorized'), this.connectTimeout);
  }

  #context(attempt, cause) {
    return { attempt, cause, lastEventId: this.lastEventId, url: this.url };
  }

  // What the driver tells. `watch(step, …)` is told too, where the entry ./observe has put one.

  received(bytes) {
    this.watch?.('received', bytes);
  }

  opened(response, resumed) {
    if (this.readyState === CLOSED) return;
    this.#isLeaving = false;
    this.readyState = OPEN;
    this.origin = new URL(response.url || this.url, this.url).origin;
    this.watch?.('opened', response, resumed);
    this.#enter('open', { attempt: 1 });
    this.#fire(new OpenEvent(response, resumed));
  }

  setReconnectionTime(milliseconds) {
    this.#reconnectionTime = milliseconds;
  }

  /** Delivers nothing more once a listener has closed the source, or has it reconnect. */
  dispatch(reader, table) {
    reader.read(table, this.isSpec ? this.#keep : this.#deliver);
  }

  #keep = (...record) => {
    this.#backlog.push(record);
  };

  /** Whether to go on. */
  #deliver = (isEvent, type, text, id) => {
    if (id !== undefined) this.lastEventId = id;
    if (isEvent) this.message(type, text, id);
    else if (text !== undefined) this.comment(text);
    return this.readyState === OPEN && !this.#isLeaving;
  };

  async #drain() {
    for (const record of this.#backlog.splice(0)) {
      if (!this.#driver || this.readyState !== OPEN || !this.#deliver(...record)) break;
      await undefined;
    }
    return this.#taken();
  }

  /** `name`: the event type as the stream has named it; `id`: the event's own, if it has one. */
  message(name, text, id) {
    const type = name || 'message';
    const watched = this.watch?.('message', type, text, id);
    if (watched === false || this.#isSilent) return;
    const { lastEventId, origin } = this;
    let data = text;
    if (this.parse) {
      try {
        data = this.parse(text, { type, data: text, lastEventId, origin });
      } catch (cause) {
        this.#notParsed(type, cause);
        return;
      }
      if (this.#isSilent) return;
    }
    for (const queue of this.#queues) queue.push({ type, data, lastEventId, origin });
    if (this.isNative) this.#fire(watched ?? new MessageEvent(type, { data, lastEventId, origin }));
    else if (this.#heard.has(type)) this.#fire(watched ?? new StreamEvent(type, data, lastEventId, origin));
  }

  comment(text) {
    this.#fire(new CommentEvent(text));
  }

  #notParsed(type, cause) {
    const message = `the data of an event of type \`${type}\` did not parse: see \`error.cause\``;
    const error = new EventSourceError(message, { reason: 'parse', cause });
    this.#fire(new ErrorEvent(error, { willRetry: false, retryIn: undefined, attempt: 0 }));
  }

  /** A promise while something is not dispatched, or some loop has not taken what it was given. */
  ready() {
    return this.#backlog.length > 0 ? this.#drain() : this.#taken();
  }

  #taken() {
    const full = [...this.#queues].filter((queue) => queue.isFull);
    return full.length === 0 ? undefined : Promise.all(full.map((queue) => queue.drained()));
  }

  error(reason, message, status, cause, response) {
    return new EventSourceError(message, { reason, status, cause, response });
  }

  verdict(error) {
    if (!this.shouldRetry || this.readyState === CLOSED) return undefined;
    try {
      return this.shouldRetry(error);
    } catch (thrown) {
      report(thrown);
      return undefined;
    }
  }

  /** `retryIn` is negative where nothing is retried. */
  failed(error, retryIn, attempt, isEnd) {
    if (this.readyState === CLOSED) return;
    this.watch?.('failed', error, retryIn, attempt);
    if (retryIn >= 0) {
      this.readyState = CONNECTING;
      this.#enter('waiting', { attempt, nextRetryIn: retryIn, reason: error.reason });
      this.#fire(new ErrorEvent(error, { willRetry: true, retryIn, attempt }));
      return;
    }
    const isQuiet = isEnd && !this.isSpec;
    this.#end(error.reason, ...(isQuiet ? [] : [error]));
    this.#announceState();
    if (!isQuiet) this.#fire(new ErrorEvent(error, { willRetry: false, retryIn: undefined, attempt }));
    if (!this.isSpec) this.#fire(new CloseEvent(error.reason));
  }

  reconnecting(cause, attempt) {
    if (this.readyState === CLOSED) return;
    this.readyState = CONNECTING;
    this.watch?.('reconnecting', cause);
    this.#enter(cause === 'suspension' ? 'suspended' : 'connecting', { attempt, reason: cause });
  }

  #enter(phase, { attempt = this.state.attempt, nextRetryIn, reason }) {
    this.state = { phase, attempt, nextRetryIn, reason, since: Date.now() };
    this.#announceState();
  }

  #announceState() {
    if (this.#heard.has('statechange')) this.#fire(new StateChangeEvent(this.state));
  }

  #fire(event) {
    if (!this.#isSilent) this.#target.dispatchEvent(event);
  }
}

/** As the platform reports what a listener throws. */
export function report(thrown) {
  if (typeof reportError === 'function') reportError(thrown);
  else queueMicrotask(() => { throw thrown; });
}
