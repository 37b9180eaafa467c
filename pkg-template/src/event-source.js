import { CLOSED, CONNECTING, Client, OPEN } from './client.js';
import { readOptions } from './options.js';
import { EventQueue } from './queue.js';

const { DOMException, EventTarget } = globalThis;

/** The client of a source, for the modules of this package alone. */
export let clientOf;

/**
 * `EventSource` of WHATWG HTML §9.2, over `fetch`. Reconnects as browsers do (`retry: 'spec'`),
 * unless the options say otherwise.
 */
export class EventSource extends EventTarget {
  #client;
  /** The event handlers (`onopen` and so on), by type. */
  #handlers = new Map();

  constructor(url, init = {}) {
    if (arguments.length === 0) throw new TypeError('EventSource needs a URL');
    super();
    const options = readOptions(toDictionary(init), !(this instanceof AuthenticatedEventSource));
    this.#client = new Client(this, resolve(url), options);
  }

  get url() {
    return this.#client.url;
  }

  get readyState() {
    return this.#client.readyState;
  }

  get withCredentials() {
    return this.#client.withCredentials;
  }

  get onopen() {
    return this.#handler('open');
  }

  set onopen(handler) {
    this.#setHandler('open', handler);
  }

  get onmessage() {
    return this.#handler('message');
  }

  set onmessage(handler) {
    this.#setHandler('message', handler);
  }

  get onerror() {
    return this.#handler('error');
  }

  set onerror(handler) {
    this.#setHandler('error', handler);
  }

  close() {
    this.#client.close();
  }

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    this.#client.hear(String(type));
  }

  #handler(type) {
    return this.#handlers.get(type)?.handler ?? null;
  }

  /** An event handler is one listener, whose place in the order is that of its first setting. */
  #setHandler(type, value) {
    const handler = (typeof value === 'object' && value !== null) || typeof value === 'function' ? value : null;
    const slot = this.#handlers.get(type);
    if (slot && handler) {
      slot.handler = handler;
    } else if (slot) {
      this.removeEventListener(type, slot.listener);
      this.#handlers.delete(type);
    } else if (handler) {
      const added = { handler, listener: (event) => call(added.handler, this, event) };
      this.#handlers.set(type, added);
      this.addEventListener(type, added.listener);
    }
  }

  static {
    clientOf = (source) => source.#client;
  }
}

/**
 * An `EventSource` that authenticates, reconnects by policy and resumes exactly. The second
 * argument is a bearer token, or options.
 */
export class AuthenticatedEventSource extends EventSource {
  /** A source over a stream of bytes that is there already. It is never reconnected. */
  static fromReadableStream(stream, init = {}) {
    const headers = { 'Content-Type': 'text/event-stream' };
    const fetch = () => Promise.resolve(new Response(stream, { headers }));
    return new this('about:blank', { ...init, fetch, retry: false });
  }

  /** The last event ID string. */
  get lastEventId() {
    return clientOf(this).lastEventId;
  }

  /** The reconnection time, in milliseconds. */
  get reconnectionTime() {
    return clientOf(this).reconnectionTime;
  }

  /** Where the source stands. */
  get state() {
    return clientOf(this).state;
  }

  /** Connects anew, at once, with the same last event ID. Does nothing once closed. */
  reconnect() {
    clientOf(this).reconnect();
  }

  /** Forgets the last event ID and the reconnection time. */
  reset() {
    clientOf(this).reset();
  }

  /** Iterates over the events of all types. Leaving the loop early closes the source. */
  [Symbol.asyncIterator]() {
    const client = clientOf(this);
    const queue = new EventQueue();
    client.addQueue(queue);
    return {
      next: () => queue.next(),
      return: async (value) => {
        client.removeQueue(queue);
        queue.cancel();
        this.close();
        return { value, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Closes the source: `using source = new AuthenticatedEventSource(…)`. */
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.close();
  }
}

/** A callback interface's `handleEvent` does not count for an event handler. */
function call(handler, source, event) {
  if (typeof handler !== 'function') return;
  if (handler.call(source, event) === false) event.preventDefault();
}

function toDictionary(init) {
  if (init === null || init === undefined) return {};
  if (typeof init === 'string' || typeof init === 'object' || typeof init === 'function') return init;
  throw new TypeError('the second argument must be a token or an object of options');
}

/** Relative to the document, else to the worker. */
function resolve(url) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(url, base).href;
  } catch {
    const advice = base ? '' : ': where there is no page, it must be absolute';
    throw new DOMException(`'${url}' is not a valid URL${advice}`, 'SyntaxError');
  }
}

/** What WebIDL says of the members: constants on the class and its prototype, all enumerable. */
function define(target, names, attributes) {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { ...descriptor, enumerable: true, ...attributes?.[name] });
  }
}

const constant = (value) => ({ value, writable: false, configurable: false });
const constants = { CONNECTING: constant(CONNECTING), OPEN: constant(OPEN), CLOSED: constant(CLOSED) };
for (const target of [EventSource, EventSource.prototype]) define(target, Object.keys(constants), constants);
define(EventSource.prototype, ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close']);
// By the keys, because a minifier shortens the names of classes.
for (const [name, type] of Object.entries({ EventSource, AuthenticatedEventSource })) {
  Object.defineProperty(type, 'name', { value: name, configurable: true });
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: name, configurable: true });
}
