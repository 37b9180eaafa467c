import { CLOSED, CONNECTING, Client, OPEN } from './source-controller.ts';
import { tagged } from './class-names.ts';
import { readOptions } from './options.ts';
import { EventQueue, iterator } from './event-queue.ts';
import { withoutSecretParts } from './secrets.ts';

const { DOMException, EventTarget } = globalThis;

/** The client of a source, for the modules of this package alone. */
export let clientOf;
/** Where a class says which client its sources have. */
export const CLIENT = Symbol('client');

/**
 * `EventSource` of WHATWG HTML §9.2, over `fetch`. Reconnects as browsers do (`retry: 'spec'`),
 * unless the options say otherwise.
 */
export class EventSource extends EventTarget {
  static [CLIENT] = Client;
  #client;
  /** The event handlers (`onopen` and so on), by type. */
  #handlers = new Map();

  constructor(url, init = {}) {
    if (arguments.length === 0) throw new TypeError('a URL is needed');
    super();
    const isNative = !(this instanceof AuthenticatedEventSource);
    // In the order of WebIDL, which shows where two arguments are wrong.
    const address = `${url}`;
    const options = readOptions(init, isNative);
    const Half = new.target[CLIENT];
    if (options.shared && !Half.canShare) {
      throw new TypeError("`shared` needs the class of 'authenticated-event-source/shared'");
    }
    this.#client = new Half(this, resolve(address), options);
    this.#client.start();
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
    const response = new Response(stream, { headers });
    const source = new this('about:blank', { ...init, fetch: async () => response, retry: false });
    // Where nothing was read yet; else the reader cancels it, and this is refused.
    clientOf(source).released.addEventListener('abort', () => stream.cancel().catch(() => {}));
    return source;
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

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    clientOf(this).hear(String(type));
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
    return iterator(queue, () => {
      client.removeQueue(queue);
      this.close();
    });
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

/** Relative to the document, else to the worker. */
function resolve(url) {
  const { document, location } = globalThis;
  const base = document?.baseURI ?? location?.href;
  try {
    const { hostname, href } = new URL(url, base);
    // Chromium lets spaces in hosts pass; and `URL` does not know that in a document of another encoding than
    // UTF-8 queries are in that one.
    const isOther = document?.characterSet && document.characterSet !== 'UTF-8';
    if (!hostname.includes('%20')) return isOther ? Object.assign(document.createElement('a'), { href: url }).href : href;
  } catch {
    // Said below.
  }
  const advice = base ? '' : ': where there is no page, it must be absolute';
  throw new DOMException(`'${withoutSecretParts(url)}' is not a valid URL${advice}`, 'SyntaxError');
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
tagged({ EventSource, AuthenticatedEventSource });
