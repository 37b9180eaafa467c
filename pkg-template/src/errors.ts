import { named } from './class-names.ts';

/**
 * Why an event source failed, or an attempt of it did. `code` is stable; `message` says what
 * happened and what to do, and never holds a token, cookie or header value.
 */
export class EventSourceError extends Error {
  constructor(message, { reason, status, cause, response } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.code = reason && `ERR_${reason.toUpperCase().replaceAll('-', '_')}`;
    this.status = status;
    // Not enumerable: loggers that print all members would print the request's URL and headers.
    Object.defineProperty(this, 'response', { value: response });
  }

  get name() {
    return 'EventSourceError';
  }
}

named({ EventSourceError });
