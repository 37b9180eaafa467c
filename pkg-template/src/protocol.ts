// The numbers, names and bit flags that Rust and JavaScript share.
// Generated from src/bindings/protocol.rs by `cargo xtask protocol`: change that file.

// What `Core.signal` records: what happened, or what the caller wants.

/** Close the source permanently. */
export const CLOSE = 0;
/** Connect again without a wait, with the same last event ID. */
export const RECONNECT = 1;
/** The network or the page came back. */
export const WAKE = 3;
/** The page was hidden, or enters the back/forward cache. */
export const SUSPEND = 4;
/** The page is shown. */
export const RESUME = 5;
/** The request is ready. */
export const PREPARED = 6;
/** A provider failed. */
export const PROVIDER_FAILED = 7;
/** The request could not be built, or the response cannot be used: a retry would find the same. */
export const ILLEGAL_REQUEST = 8;
/** The request got no response. */
export const NO_RESPONSE = 9;
/** The stream broke off. */
export const BROKEN = 10;
/** The stream ended. */
export const ENDED = 11;
/** An event was larger than the limit. */
export const TOO_LARGE = 12;
/** A provider is called, except for a refresh. */
export const PROVIDER_CALL = 13;
/** A refresh begins. */
export const REFRESH = 14;
/** The provider has no other credentials. */
export const REFRESH_REFUSED = 15;
/** A timer has fired that was due at this time. */
export const TIMER = 16;
/** The delivery of a chunk begins. */
export const DELIVERY = 17;

// Numbers that `Core.number` returns.

/** The number of the attempt, from 1. */
export const ATTEMPT = 0;
/** The size of the next slice in bytes. */
export const SLICE = 1;
/** Whether the rest of the chunk must be skipped. */
export const IS_RESTARTING = 2;
/** Whether the server ended the stream in the ordinary way. */
export const IS_END = 3;
/** The status of the failure, 0 if it has none. */
export const STATUS = 4;
/** What makes the reason of the failure more precise, `DETAIL_…`. */
export const DETAIL = 5;
/** How long nothing arrived, in seconds. */
export const SILENCE = 6;

// Texts that `Core.text` returns.

/** The cause of the attempt. */
export const CAUSE = 0;
/** The value of the header `Last-Event-ID`. */
export const ID_HEADER = 1;
/** The reason of the failure. */
export const REASON = 2;

// What makes the reason of a failure more precise.

/** Nothing. */
export const DETAIL_NONE = 0;
/** The first connect worked, but CORS refuses each reconnect. */
export const DETAIL_RESUME_REFUSED = 1;
/** The last event ID contains characters that the platform refuses in a header. */
export const DETAIL_ID_NOT_SENDABLE = 2;
/** The server answered 431, and the request had a last event ID. */
export const DETAIL_ID_TOO_LONG = 3;
/** The browser blocks a request over HTTP, because the page uses HTTPS. */
export const DETAIL_MIXED_CONTENT = 4;
/** The page is cross-origin isolated, where a CORS refusal looks like a dead network. */
export const DETAIL_CORS_UNKNOWN = 5;

// The steps that `Core.step` returns. Before each step after `STEP_READ` the loop closes its request: the order of the numbers matters.

/** Call the providers and build the request. */
export const STEP_PREPARE = 0;
/** Send the request. */
export const STEP_REQUEST = 1;
/** Send the request, and stop at a redirect. */
export const STEP_FIND_REDIRECT = 2;
/** Send a request without CORS and without secrets. */
export const STEP_PROBE = 3;
/** Send the request again after a probe. */
export const STEP_REQUEST_AGAIN = 4;
/** Open the stream of the response. */
export const STEP_OPEN = 5;
/** Read one chunk. The same step follows until the stream ends. */
export const STEP_READ = 6;
/** Decide what follows a failure. */
export const STEP_DECIDE = 7;
/** Drop the request. STEP_PREPARE follows, or STEP_WAIT while the page is hidden. */
export const STEP_RESTART = 8;
/** Wait for the timer or an interrupt. */
export const STEP_WAIT = 9;
/** The source is closed. */
export const STEP_STOP = 10;

// The origin of a URL, for `Core.guard`.

/** There is no page. */
export const ORIGIN_NONE = 0;
/** The origin of the page. */
export const ORIGIN_SAME = 1;
/** Another origin. */
export const ORIGIN_OTHER = 2;

// How to send a request, from `Core.guard`.

/** Follow redirects. */
export const GUARD_NONE = 0;
/** With the mode `same-origin`. */
export const GUARD_SAME_ORIGIN_MODE = 1;
/** With the redirect mode `manual`. */
export const GUARD_MANUAL = 2;

// The caller's verdict on a failure, for `Core.decide`. Any other number is a wait in milliseconds, and NaN is no verdict.

/** Retry after the usual wait. */
export const VERDICT_RETRY = -1;
/** Fail permanently. */
export const VERDICT_STOP = -2;

// Bits of the head of a record, each for a pair of offsets. The upper 24 bits are the number of the event type.

/** The data of an event, in place. */
export const DATA = 1;
/** The last event ID, in place. */
export const ID = 2;
/** The last event ID, copied. */
export const COPIED_ID = 4;
/** The text of a note, copied. The number of the event type is the kind of the note. */
export const NOTE = 8;
/** The new name of the event type, copied. */
export const NAME = 16;

// Kinds of notes. `Parser.parse` receives the bits of the kinds that it must record.

/** A comment. */
export const NOTE_COMMENT = 1;
/** The value of a `retry` field. */
export const NOTE_RETRY = 2;
/** A line with an unknown field or an invalid `retry` value. */
export const NOTE_IGNORED = 4;

// Bits of the flags of an event table.

/** The in-place values are UTF-8. strings.wat creates their text. Without it, or if a value is malformed, each is decoded by itself. */
export const IS_UTF8 = 1;
/** An event was larger than the limit. */
export const IS_TOO_LARGE = 2;
/** There is an event. */
export const HAS_EVENT = 4;
/** There is a comment. */
export const HAS_COMMENT = 8;
/** There is a last event ID. */
export const HAS_ID = 16;
/** There is a `retry` field. */
export const HAS_RETRY = 32;
/** There are records. */
export const HAS_RECORDS = 64;
/** The in-place values were converted to UTF-16. */
export const IS_UTF16 = 128;

// What the engine can do, for `Parser.parse`.

/** strings.wat runs in this engine. */
export const HAS_STRING_MAKER = 1;

/** The response headers that the core reads, in the order of their numbers. */
export const RESPONSE_HEADERS = ['Content-Type', 'Retry-After', 'SSE-Heartbeat', 'WWW-Authenticate'] as const;

/** The settings that the core reads, in their order. */
export const SETTINGS = [
  'retriesRejection',
  'canRenew',
  'renewBefore',
  'isGet',
  'isFetchable',
  'isMixedContent',
  'isIsolated',
  'sendsIdAsParam',
  'mayProbe',
  'connectTimeout',
  'heartbeatTimeout',
  'followsRedirects',
  'isSpec',
  'initialDelay',
  'maxDelay',
  'multiplier',
  'hasJitter',
  'maxRetries',
  'resetAfter',
  'retryOn',
] as const;
