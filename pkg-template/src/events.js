import { named } from './names.js';

// The base is looked up once: a page that replaces the global later must not change our events.
const { Event } = globalThis;

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

named({ OpenEvent, ErrorEvent, CloseEvent, CommentEvent, StateChangeEvent });
