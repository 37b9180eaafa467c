// The classes EventSource and AuthenticatedEventSource, with the interface that WebIDL requires.
import { classOf, tagged } from './class-names.ts';
import { BRAND } from './errors.ts';
import type { BaseEventMap, DataOf, EventTypes, SourceEvent, SourceState } from './event-classes.ts';
import { EventQueue, iterator } from './event-queue.ts';
import type { EventsOf, InitOf, ParseOf, StreamInitOf, UrlOf } from './event-map.ts';
import { readOptions, type AuthenticatedEventSourceInit, type Parse } from './options.ts';
import { withoutSecretParts } from './secrets.ts';
import { CLOSED, CONNECTING, OPEN, SourceController } from './source-controller.ts';
import type { StreamMessageEvent } from './platform-types.ts';

// Runtimes that only render pages, and React Native, may have no `EventTarget`.
const { DOMException, EventTarget = Object as never } = globalThis;

/** What a source needs of the platform. jsdom in Jest and React Native lack some of it. */
const PLATFORM = ['EventTarget', 'Request', 'ReadableStream', 'TextDecoder'];

/** Returns the controller of a source of any bundle. Only modules of this package use it. */
export function controllerOf(source: EventTarget): SourceController {
  const { constructor: Class } = source as object as {
    constructor: { [BRAND]?(source: EventTarget): SourceController };
  };
  if (!Class[BRAND]) throw new TypeError('The argument is no source of this package. Pass one.');
  return Class[BRAND](source);
}

/** The static member of a class that names the controller class of its sources. */
export const CONTROLLER = Symbol('controller');

/** The class of a controller. */
type ControllerClass = typeof SourceController & {
  /** Whether the option `shared` is supported. */
  canShare?: boolean;
};

/** An event handler: a function, or an object, which is never called. */
type Handler = object;

/** The native interface, so that code for an `EventSource` accepts it. */
export interface EventSource extends globalThis.EventSource {}

/** The second argument of {@link EventSource}: `withCredentials`, and every option of `AuthenticatedEventSource` except `parse`. */
export type EventSourceInit = Omit<AuthenticatedEventSourceInit, 'parse'>;

/**
 * `EventSource` of [WHATWG HTML §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html) over `fetch`, for code
 * that takes the class as a parameter or assigns it to `globalThis`. Reconnects exactly as browsers do, unless `retry` is
 * given.
 */
export const EventSource: {
  /** The prototype of all sources. */
  readonly prototype: EventSource;
  /** 0: not open yet, or about to reconnect. */
  readonly CONNECTING: 0;
  /** 1: the stream is being read. */
  readonly OPEN: 1;
  /** 2: closed permanently. */
  readonly CLOSED: 2;

  /**
   * Connects.
   *
   * @param url absolute, or relative to the document or worker
   * @param init `withCredentials`, and every option of `AuthenticatedEventSource` except `parse`
   * @throws `SyntaxError` `DOMException`: the URL is not valid; `TypeError`: an option is not valid
   */
  new (url: string | URL, init?: EventSourceInit): EventSource;
} = classOf({
  EventSource: class extends EventTarget {
    static [CONTROLLER]: ControllerClass = SourceController;

    /** The sign of the package `eventsource` that the class accepts the option `fetch`. */
    static get [Symbol.for('eventsource.supports-fetch-override')](): true {
      return true;
    }

    /** Returns the controller of a source. On the class, because instances have no members of their own, as in browsers. */
    // biome-ignore lint/suspicious/noExplicitAny: a class without a name has no type
    static [BRAND](source: any): SourceController {
      return source.#controller;
    }

    readonly #controller: SourceController;
    /** The event handlers (`onopen` and so on), by type. */
    readonly #handlers = new Map<string, { handler: Handler; listener: (event: Event) => void }>();

    constructor(url: unknown, init: unknown = {}) {
      // biome-ignore lint/correctness/noUndeclaredVariables: every function has `arguments`
      // biome-ignore lint/complexity/noArguments: a rest parameter would change the length of the constructor
      if (arguments.length === 0) throw new TypeError('The URL is missing. Pass one.');
      const missing = PLATFORM.find((name) => !(name in globalThis));
      if (missing) throw new TypeError(`\`${missing}\` is missing. Add it. In Jest, use jest-fixed-jsdom.`);
      super();
      const isNative = !(this instanceof AuthenticatedEventSource);
      // In the order of WebIDL, which determines the exception if both arguments are invalid.
      const address = `${url}`;
      const options = readOptions(init, isNative);
      const Controller = new.target[CONTROLLER];
      if (options.shared && !Controller.canShare) {
        throw new TypeError("`shared` must be given to the class of 'authenticated-event-source/shared'");
      }
      this.#controller = new Controller(this, resolve(address), options);
      this.#controller.start();
    }

    get url(): string {
      return this.#controller.url;
    }

    get readyState(): number {
      return this.#controller.readyState;
    }

    get withCredentials(): boolean {
      return this.#controller.options.request.withCredentials;
    }

    get onopen(): Handler | null {
      return this.#handler('open');
    }

    set onopen(handler: unknown) {
      this.#setHandler('open', handler);
    }

    get onmessage(): Handler | null {
      return this.#handler('message');
    }

    set onmessage(handler: unknown) {
      this.#setHandler('message', handler);
    }

    get onerror(): Handler | null {
      return this.#handler('error');
    }

    set onerror(handler: unknown) {
      this.#setHandler('error', handler);
    }

    close(): void {
      this.#controller.close();
    }

    #handler(type: string): Handler | null {
      return this.#handlers.get(type)?.handler ?? null;
    }

    /** Sets an event handler. It is one listener, whose position in the order is that of the first setting. */
    #setHandler(type: string, value: unknown): void {
      const handler = (typeof value === 'object' && value !== null) || typeof value === 'function' ? value : null;
      const slot = this.#handlers.get(type);
      if (slot && handler) {
        slot.handler = handler;
      } else if (slot) {
        this.removeEventListener(type, slot.listener);
        this.#handlers.delete(type);
      } else if (handler) {
        const added = { handler, listener: (event: Event) => call(added.handler, this, event) };
        this.#handlers.set(type, added);
        this.addEventListener(type, added.listener);
      }
    }
  },
});

/** An event handler. */
type HandlerOf<Source, Event> = ((this: Source, event: Event) => unknown) | null;

/** An event handler as it is read. It accepts any event, so that a source is assignable to the native `EventSource`. */
// biome-ignore lint/suspicious/noExplicitAny: no other type is assignable to the handlers of the native class
type AnyHandler = ((this: any, event: any) => any) | null;

/**
 * An `EventSource` ([WHATWG HTML §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)) that authenticates,
 * reconnects by policy and resumes exactly.
 *
 * @typeParam Events the data type of each event type
 */
export interface AuthenticatedEventSource<Events extends EventTypes = Record<string, string>> extends EventTarget {
  /** 0: not open yet, or about to reconnect. */
  readonly CONNECTING: 0;
  /** 1: the stream is being read. */
  readonly OPEN: 1;
  /** 2: closed permanently. */
  readonly CLOSED: 2;

  /** The URL, absolute. */
  readonly url: string;
  /** `CONNECTING` (0), `OPEN` (1) or `CLOSED` (2). */
  readonly readyState: 0 | 1 | 2;
  /** Whether cookies are sent to other origins. */
  readonly withCredentials: boolean;
  /**
   * `[NON-SPEC]` The ID of the last event that all consumers have taken. A new source that starts from it loses nothing.
   * While a `for await` loop lags behind, it is the position of the slowest loop. Reconnects of this source send the ID of
   * the last event that arrived.
   */
  readonly lastEventId: string;
  /** `[NON-SPEC]` The reconnection time, in milliseconds. */
  readonly reconnectionTime: number;
  /** `[NON-SPEC]` The state of the source. After `close()` it is `closed`, although no event fires. */
  readonly state: SourceState;

  /** Called with `open`: the stream is open, or the stream itself contains an event of this type. */
  get onopen(): AnyHandler;
  /** Called with `open`: the stream is open, or the stream itself contains an event of this type. */
  set onopen(handler: HandlerOf<AuthenticatedEventSource<Events>, BaseEventMap<Events>['open']>);
  /** Called with events of the stream that have the type `message` or no type. */
  get onmessage(): AnyHandler;
  /** Called with events of the stream that have the type `message` or no type. */
  set onmessage(handler: HandlerOf<AuthenticatedEventSource<Events>, StreamMessageEvent<DataOf<Events, 'message'>>>);
  /**
   * Called with `error`: an attempt failed (`willRetry`), or the source failed permanently, or data did not parse. An event
   * of this type in the stream itself has `data` and no `reason`.
   */
  get onerror(): AnyHandler;
  /**
   * Called with `error`: an attempt failed (`willRetry`), or the source failed permanently, or data did not parse. An event
   * of this type in the stream itself has `data` and no `reason`.
   */
  set onerror(handler: HandlerOf<AuthenticatedEventSource<Events>, BaseEventMap<Events>['error']>);

  /**
   * Closes the source permanently: nothing fires afterwards, also no `connectionstatechange`, and everything is released.
   * `state` is `closed` immediately.
   */
  close(): void;
  /**
   * `[NON-SPEC]` Reconnects immediately with the same last event ID. Does nothing on a closed source, or on a source over an
   * existing stream.
   */
  reconnect(): void;
  /** `[NON-SPEC]` Closes the source at the end of a block: `using source = new AuthenticatedEventSource(…)`. */
  [Symbol.dispose](): void;

  addEventListener<Type extends keyof BaseEventMap>(
    type: Type,
    listener:
      | ((this: this, event: BaseEventMap<Events>[Type]) => unknown)
      | { handleEvent(event: BaseEventMap<Events>[Type]): unknown }
      | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<Type extends keyof Events & string>(
    type: Type,
    listener:
      | ((this: this, event: StreamMessageEvent<Events[Type]>) => unknown)
      | { handleEvent(event: StreamMessageEvent<Events[Type]>): unknown }
      | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof BaseEventMap>(
    type: Type,
    listener:
      | ((this: this, event: BaseEventMap<Events>[Type]) => unknown)
      | { handleEvent(event: BaseEventMap<Events>[Type]): unknown }
      | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof Events & string>(
    type: Type,
    listener:
      | ((this: this, event: StreamMessageEvent<Events[Type]>) => unknown)
      | { handleEvent(event: StreamMessageEvent<Events[Type]>): unknown }
      | null,
    options?: boolean | EventListenerOptions,
  ): void;

  /**
   * `[NON-SPEC]` Iterates over the events of all types, in order. While a loop runs, the network is read no faster than the
   * loop. Leaving the loop early closes the source. The loop throws a permanent failure, and the abort reason of `signal`.
   *
   * Listeners are called when an event arrives. The loop receives the same event later, when it requests it. A loop receives
   * no comments: `streamcomment` fires before the loop receives the events of the same chunk.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<
    { [Type in keyof Events & string]: SourceEvent<Type, Events[Type]> }[keyof Events & string]
  >;
}

/** The options of a source over an existing stream. */
type StreamInit = Pick<AuthenticatedEventSourceInit, 'lastEventId' | 'maxEventSize' | 'signal' | 'until'>;

/** The class. */
export const AuthenticatedEventSource: {
  /** The prototype of all sources. Not typed, so that a class that extends this one may have more members. */
  // biome-ignore lint/suspicious/noExplicitAny: any other type would limit the members of the class that extends this one
  readonly prototype: any;
  /** 0: not open yet, or about to reconnect. */
  readonly CONNECTING: 0;
  /** 1: the stream is being read. */
  readonly OPEN: 1;
  /** 2: closed permanently. */
  readonly CLOSED: 2;

  // Two constructors that differ in the number of arguments, so that a wrong option is one error and not one per overload.

  /**
   * Connects, without a token and with the default options.
   *
   * @typeParam Events the data type of each event type: strings, because nothing is parsed
   * @param url absolute, or relative to the document or worker
   * @throws `SyntaxError` `DOMException`: the URL is not valid
   */
  new <Events extends EventTypes = Record<string, string>>(url: UrlOf<Events>): AuthenticatedEventSource<Events>;
  /**
   * Connects. Nothing needs to be loaded before. Without an event map, `parse` determines the type of the data of all events.
   *
   * @typeParam Events the data type of each event type
   * @param url absolute, or relative to the document or worker
   * @param init a bearer token, or options
   * @throws `SyntaxError` `DOMException`: the URL is not valid; `TypeError`: an option is not valid
   */
  new <Events extends EventTypes = never, How extends Parse<unknown> | undefined = ParseOf<Events>>(
    url: string | URL,
    init: InitOf<AuthenticatedEventSourceInit, How>,
  ): AuthenticatedEventSource<EventsOf<Events, How>>;

  /**
   * `[NON-SPEC]` Reads an existing stream of bytes. The source never reconnects.
   *
   * @param stream belongs to the source from now on, which cancels it when it closes
   * @throws TypeError if the stream is locked, or was read from
   */
  fromReadableStream<Events extends EventTypes = Record<string, string>>(
    stream: ReadableStream<Uint8Array>,
    ...init: StreamInitOf<StreamInit, ParseOf<Events>>
  ): AuthenticatedEventSource<Events>;
} = classOf({
  AuthenticatedEventSource: class extends EventSource {
    static fromReadableStream(stream: ReadableStream<Uint8Array>, init: object = {}): EventSource {
      const headers = { 'Content-Type': 'text/event-stream' };
      const response = new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>, { headers });
      const source = new this('about:blank', { ...init, fetch: async () => response, retry: false });
      controllerOf(source).isOneStream = true;
      // Cancels a stream that was not read yet. Otherwise the reader cancels it, and this call is rejected.
      controllerOf(source).released.addEventListener('abort', () => void stream.cancel().catch(() => {}));
      return source;
    }

    get lastEventId(): string {
      return controllerOf(this).takenId;
    }

    get reconnectionTime(): number {
      return controllerOf(this).reconnectionTime;
    }

    get state(): SourceState {
      return controllerOf(this).state;
    }

    // biome-ignore lint/suspicious/noExplicitAny: the arguments are passed on
    override addEventListener(type: string, ...rest: [any, any?]): void {
      super.addEventListener(type, ...rest);
      controllerOf(this).listen(String(type));
    }

    reconnect(): void {
      controllerOf(this).reconnect();
    }

    [Symbol.asyncIterator](): AsyncIterableIterator<SourceEvent<string, unknown>> {
      const controller = controllerOf(this);
      const queue = new EventQueue<SourceEvent<string, unknown>>(controller.lastEventId);
      controller.addQueue(queue);
      return iterator(queue, () => this.close());
    }

    [Symbol.dispose ?? Symbol.for('Symbol.dispose')](): void {
      this.close();
    }
  },
});

/** Calls an event handler. The method `handleEvent` of an object is not called, as the standard requires. */
function call(handler: Handler, source: EventTarget, event: Event): void {
  if (typeof handler !== 'function') return;
  if (handler.call(source, event) === false) event.preventDefault();
}

/** Resolves a URL relative to the document, or else to the worker. */
function resolve(url: string): string {
  const { document, location } = globalThis;
  const base = document?.baseURI ?? location?.href;
  try {
    const { hostname, href } = new URL(url, base);
    // Only an anchor resolves queries in the encoding of the document, if that is not UTF-8.
    const isOther = document?.characterSet && document.characterSet !== 'UTF-8';
    // Chromium accepts spaces in hosts.
    if (!hostname.includes('%20'))
      return isOther ? Object.assign(document.createElement('a'), { href: url }).href : href;
  } catch {
    // Replaced by the exception below, which quotes no secret.
  }
  const advice = base
    ? 'Correct it.'
    : 'On a server, create the source in an effect (see docs/frameworks.md), or use an absolute URL.';
  throw new DOMException(`'${withoutSecretParts(url)}' is not a valid URL. ${advice}`, 'SyntaxError');
}

/** Gives members the attributes that WebIDL requires: all are enumerable. */
function define(target: object, names: string[], attributes?: PropertyDescriptorMap): void {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { ...descriptor, enumerable: true, ...attributes?.[name] });
  }
}

const constant = (value: number): PropertyDescriptor => ({ value, writable: false, configurable: false });
const constants = { CONNECTING: constant(CONNECTING), OPEN: constant(OPEN), CLOSED: constant(CLOSED) };
for (const target of [EventSource, EventSource.prototype]) define(target, Object.keys(constants), constants);
define(EventSource.prototype, ['url', 'withCredentials', 'readyState', 'onopen', 'onmessage', 'onerror', 'close']);
tagged({ EventSource, AuthenticatedEventSource });
