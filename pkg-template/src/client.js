import { Core } from '#bindings';
import { BatchReader } from './batch.js';
import { CloseEvent, CommentEvent, ErrorEvent, OpenEvent, StateChangeEvent } from './events.js';
import { EventSourceError } from './errors.js';
import { singleFlight, toToken } from './auth.js';
import { withWasm } from './wasm.js';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;

const { Event, MessageEvent } = globalThis;

/** What the core asks for by number: see `Number` and `Text` in src/bindings/client.rs. */
const NUMBERS = [
  'hasHeaders', 'hasAuth', 'canRefresh', 'renewBefore', 'isGet', 'connectTimeout', 'heartbeatTimeout',
  'openWhenHidden', 'maxEventSize', 'followsRedirects', 'isSpec', 'initialDelay', 'maxDelay', 'multiplier',
  'hasJitter', 'maxRetries', 'resetAfter', 'retryOn',
];
const TEXTS = ['url', 'lastEventId', 'lastEventIdParam', 'scheme', 'header'];

/**
 * The JavaScript half of a source: the settings that the core reads, the methods that it calls
 * (see src/bindings/client.rs), and what the class shows of the state. All rules are in the core.
 */
export class Client {
  readyState = CONNECTING;
  origin = '';
  state = { phase: 'connecting', attempt: 1, nextRetryIn: undefined, reason: undefined, since: Date.now() };
  #target;
  #core;
  /** `reconnect()` was called: what was parsed and not delivered will come again. */
  #isLeaving = false;
  /** `close()` was called: whatever is under way, no listener hears of it. */
  #isSilent = false;
  /** What ended the source for good. */
  #error;
  #reader;
  #queues = new Set();
  /** The event types that somebody has listened for: for others no event object is made. */
  #heard = new Set();
  /** Stops listening to the caller's signal. */
  #released = new AbortController();

  constructor(target, url, options) {
    this.#target = target;
    this.url = url;
    Object.assign(this, options);
    if (this.#watchSignal()) withWasm((memory) => this.#start(memory), (error) => this.#cannotStart(error));
  }

  #start(memory) {
    if (this.readyState === CLOSED) return;
    this.#reader = new BatchReader(memory);
    this.#core = new Core(this);
    if (this.#heard.has('comment')) this.#core.listenToComments();
  }

  /** Whether there is anything to start. */
  #watchSignal() {
    const { signal } = this;
    if (signal?.aborted) {
      queueMicrotask(() => this.#abort());
      return false;
    }
    signal?.addEventListener('abort', () => this.#abort(), { signal: this.#released.signal });
    return true;
  }

  #abort() {
    if (this.readyState === CLOSED) return;
    for (const queue of this.#queues) queue.clear();
    this.#end('aborted');
    this.#announceState();
    this.#fire(new CloseEvent('aborted'));
  }

  #cannotStart(cause) {
    const isForbidden = cause instanceof WebAssembly.CompileError;
    const [reason, message] = isForbidden
      ? ['csp', "the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to script-src"]
      : ['wasm', 'the WebAssembly of this package could not be loaded: see `error.cause`'];
    // In a task of its own, so that listeners added after the constructor hear it.
    setTimeout(() => this.failed(new EventSourceError(message, { reason, cause }), -1, 1, false));
  }

  // What the class asks for.

  /** Closes for good; nothing fires afterwards. */
  close() {
    this.#isSilent = true;
    if (this.readyState === CLOSED) return;
    for (const queue of this.#queues) queue.clear();
    this.#end('closed');
  }

  #end(reason, error) {
    this.readyState = CLOSED;
    this.#core?.close();
    this.#core?.free();
    this.#core = undefined;
    this.#released.abort();
    this.state = { ...this.state, phase: 'closed', nextRetryIn: undefined, reason, since: Date.now() };
    this.#error = error;
    for (const queue of this.#queues) queue.end(error);
    this.#queues.clear();
  }

  reconnect() {
    this.#isLeaving = this.#core !== undefined;
    this.#core?.reconnect();
  }

  reset() {
    this.lastEventId = '';
    this.#core?.reset();
  }

  get reconnectionTime() {
    return this.#core?.reconnectionTime ?? this.initialDelay;
  }

  hear(type) {
    this.#heard.add(type);
    if (type === 'comment') this.#core?.listenToComments();
  }

  addQueue(queue) {
    if (this.readyState === CLOSED) queue.end(this.#error);
    else this.#queues.add(queue);
  }

  removeQueue(queue) {
    this.#queues.delete(queue);
  }

  // What the core asks for.

  number(index) {
    return Number(this[NUMBERS[index]]);
  }

  text(index) {
    return this[TEXTS[index]];
  }

  async request(attempt, cause) {
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

  // What the core tells.

  opened(response, resumed) {
    if (this.readyState === CLOSED) return;
    this.#isLeaving = false;
    this.readyState = OPEN;
    this.origin = new URL(response.url || this.url).origin;
    this.#enter('open', { attempt: 1 });
    this.#fire(new OpenEvent(response, resumed));
  }

  /** Delivers nothing more once a listener has closed the source, or has it reconnect. */
  dispatch(table) {
    this.#reader.read(table, (isEvent, type, text, id) => {
      if (id !== undefined) this.lastEventId = id;
      if (isEvent) this.#message(type, text);
      else if (text !== undefined) this.#fire(new CommentEvent(text));
      return this.readyState === OPEN && !this.#isLeaving;
    });
  }

  #message(type, text) {
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
    if (this.#heard.has(type)) {
      this.#fire(new MessageEvent(type, { data, lastEventId, origin }));
    }
  }

  #notParsed(type, cause) {
    const message = `the data of an event of type \`${type}\` did not parse: see \`error.cause\``;
    const error = new EventSourceError(message, { reason: 'parse', cause });
    this.#fire(new ErrorEvent(error, { willRetry: false, retryIn: undefined, attempt: 0 }));
  }

  /** A promise while some loop has not taken what it was given. */
  ready() {
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
    if (retryIn >= 0) {
      this.readyState = CONNECTING;
      this.#enter('waiting', { attempt, nextRetryIn: retryIn, reason: error.reason });
      this.#fire(new ErrorEvent(error, { willRetry: true, retryIn, attempt }));
      return;
    }
    const isQuiet = isEnd && !this.isSpec;
    this.#end(error.reason, isQuiet ? undefined : error);
    this.#announceState();
    if (!isQuiet) this.#fire(new ErrorEvent(error, { willRetry: false, retryIn: undefined, attempt }));
    if (!this.isSpec) this.#fire(new CloseEvent(error.reason));
  }

  reconnecting(cause) {
    if (this.readyState === CLOSED) return;
    this.readyState = CONNECTING;
    this.#enter(cause === 'suspension' ? 'suspended' : 'connecting', { reason: cause });
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
function report(thrown) {
  if (typeof reportError === 'function') reportError(thrown);
  else queueMicrotask(() => { throw thrown; });
}
