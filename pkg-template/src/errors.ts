// The error of a source, and its reasons.
import { named } from './class-names.ts';

/**
 * Why a source failed, or one attempt of it.
 *
 * - `network`: no response came, or its body broke off.
 * - `timeout`: no response headers arrived within `connectTimeout`.
 * - `stalled`: the stream was silent for `heartbeatTimeout`.
 * - `mute`: the stream was open, and no byte arrived within `heartbeatTimeout`.
 * - `end`: the server ended the stream.
 * - `status`: the status of the response is not 200; for `events()`, not 200 to 299.
 * - `no-content`: the status is 204.
 * - `content-type`: the response is not `text/event-stream`.
 * - `redirect`: a redirect of a request with secrets was refused.
 * - `unauthorized`: the server rejected the credentials.
 * - `auth`: the provider of the token, the headers or the body failed, or was too slow.
 * - `cors`: the server answers, and its CORS headers refuse the request.
 * - `too-large`: an event or a line is larger than `maxEventSize`.
 * - `request`: the request cannot work, or `fetch` returned no readable `Response`.
 * - `parse`: `parse` rejected the data of an event.
 * - `csp`: the Content-Security-Policy of the page forbids the address, or WebAssembly.
 * - `wasm`: the WebAssembly could not be loaded, or the source has a defect.
 */
export type Reason =
  | 'network'
  | 'timeout'
  | 'stalled'
  | 'mute'
  | 'end'
  | 'status'
  | 'no-content'
  | 'content-type'
  | 'redirect'
  | 'unauthorized'
  | 'auth'
  | 'cors'
  | 'too-large'
  | 'request'
  | 'parse'
  | 'csp'
  | 'wasm';

/** What an error is made of, besides its message. */
export interface ErrorFacts {
  reason: Reason;
  status?: number | undefined;
  cause?: unknown;
  response?: Response | undefined;
  body?: string | undefined;
}

/** The member that other bundles and versions of this package read: each of them has classes of its own. */
export const BRAND = Symbol.for('authenticated-event-source');

/**
 * Why an event source failed. `message` states what happened and what to do. It contains no token, no cookie, and no header
 * value except the `Content-Type` of the response.
 */
export class EventSourceError extends Error {
  /** Why. */
  declare readonly reason: Reason;
  /** `ERR_` and the reason in capitals, for example `ERR_CONTENT_TYPE`. It never changes. */
  declare readonly code: string;
  /** The HTTP status of the response that failed the attempt. `undefined` without a response, or once the stream was open. */
  declare readonly status: number | undefined;
  /** The response that failed the attempt; otherwise like `status`. Its body cannot be read again. */
  declare readonly response: Response | undefined;
  /**
   * The text of the body of an error response: at most 16 KiB, and what arrived within one second. `undefined` if there was
   * none. Not printed.
   */
  declare readonly body: string | undefined;
  /** The exception that caused the failure, if there was one. */
  declare readonly cause?: unknown;

  /** @internal */
  constructor(message: string, { reason, status, cause, response, body }: ErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.code = reason && `ERR_${reason.toUpperCase().replaceAll('-', '_')}`;
    this.status = status;
    // Not enumerable: loggers that print all members would print the URL, headers and text of the server.
    Object.defineProperties(this, { response: { value: response }, body: { value: body } });
  }

  /** Returns whether a value is an error of this package, from any bundle of it. */
  static override [Symbol.hasInstance](value: unknown): value is EventSourceError {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this method
    if (this !== EventSourceError) return super[Symbol.hasInstance](value);
    return (value as { [BRAND]?: unknown } | undefined | null)?.[BRAND] === true;
  }

  /** @internal */
  get [BRAND](): true {
    return true;
  }

  /** The name of the class. It stays the same in minified code. */
  override get name(): 'EventSourceError' {
    return 'EventSourceError';
  }
}

/** Returns the error for data that `parse` rejected. */
export function notParsed(type: string, cause: unknown): EventSourceError {
  const message = `The data of an event of type \`${type}\` did not parse. See \`error.cause\`.`;
  return new EventSourceError(message, { reason: 'parse', cause });
}

named({ EventSourceError });
