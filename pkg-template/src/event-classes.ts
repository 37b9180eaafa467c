import { lookingLike, named } from './class-names.ts';

// The base is looked up once: a page that replaces the global later must not change our events.
const { Event, MessageEvent } = globalThis;

const NO_PORTS = Object.freeze([]);

/**
 * `message`, and the events that the stream names, for a fraction of what a `MessageEvent` costs: engines
 * check and copy each member of a dictionary, and make a security origin of `origin`. Only what is
 * `MessageEvent.prototype`'s own and called on it can tell: its getters, and `initMessageEvent()`, throw.
 */
export class StreamEvent extends Event {
  #data;
  #lastEventId;
  #origin;

  constructor(type, data, lastEventId, origin) {
    super(type);
    this.#data = data;
    this.#lastEventId = lastEventId;
    this.#origin = origin;
  }

  get data() {
    return this.#data;
  }

  get lastEventId() {
    return this.#lastEventId;
  }

  get origin() {
    return this.#origin;
  }

  get ports() {
    return NO_PORTS;
  }
}

/** `open`: the connection was announced. */
export class OpenEvent extends Event {
  constructor(response, resumed) {
    super('open');
    /** The response; its body belongs to the source. */
    this.response = response;
    /** Whether the source was open before. */
    this.resumed = resumed;
  }
}

/** `error`: the connection, or an attempt, failed; or the data of an event did not parse. */
export class ErrorEvent extends Event {
  constructor(error, { willRetry, retryIn, attempt }) {
    super('error');
    this.error = error;
    this.willRetry = willRetry;
    this.retryIn = retryIn;
    this.attempt = attempt;
  }

  get reason() {
    return this.error.reason;
  }

  get code() {
    return this.error.code;
  }

  get status() {
    return this.error.status;
  }

  get message() {
    return this.error.message;
  }

  get response() {
    return this.error.response;
  }
}

/** `close`: the source is closed for good, but not by `close()`. */
export class CloseEvent extends Event {
  constructor(reason) {
    super('close');
    this.reason = reason;
  }
}

/** `comment`: a line of the stream that starts with a colon. */
export class CommentEvent extends Event {
  constructor(data) {
    super('comment');
    this.data = data;
  }
}

/** `statechange`: `source.state` is another. */
export class StateChangeEvent extends Event {
  constructor(state) {
    super('statechange');
    this.state = state;
  }
}

// Runtimes that only render pages may have none.
if (MessageEvent) lookingLike(StreamEvent, MessageEvent);
named({ OpenEvent, ErrorEvent, CloseEvent, CommentEvent, StateChangeEvent });
