// The second argument of the constructor: its public types, and the checks.
import type { EventSourceError } from './errors.ts';
import type { SourceEvent } from './event-classes.ts';
import { headerEntries, type HeaderEntries } from './headers.ts';
import { isTrue } from './predicate.ts';
import type { AttemptContext, AuthProvider, MaybePromise, Token } from './token.ts';
import type { Until } from './until.ts';
import type { BodyInput, CacheMode, Fetch, HeadersInput } from './platform-types.ts';

const SECOND = 1000;
const MEBIBYTE = 2 ** 20;

/** When to reconnect. Times are in milliseconds. */
export interface RetryOptions {
  /** The reconnection time until the stream's `retry` field sets another one; at least 1. Default 3,000. */
  initialDelay?: number | undefined;
  /** The longest wait, unless the reconnection time is longer. Default 30,000. */
  maxDelay?: number | undefined;
  /**
   * The factor by which the range of the wait grows with each retry. A value below 1 counts as 1. Default 2; 1 with `'spec'` and
   * `EventSource`.
   */
  multiplier?: number | undefined;
  /**
   * How the wait before retry n (1, 2, …) is chosen. `base` is the reconnection time.
   *
   * - `'full'`: random between `base` and `base × multiplier^n`.
   * - `'none'`: `base × multiplier^(n − 1)`.
   *
   * The wait is at most `maxDelay`, or `base` if that is longer. Default `'full'`; `'none'` with `'spec'` and `EventSource`.
   */
  jitter?: 'full' | 'none' | undefined;
  /** How many retries in a row may fail. Default `Infinity`. */
  maxRetries?: number | undefined;
  /** How long a stream without events must last before retries are counted from zero. Default 5,000. */
  resetAfter?: number | undefined;
  /**
   * What is retried. Default `'always'`.
   *
   * - `'always'`: failures that may pass, and streams that the server has ended.
   * - `'error'`: only failures that may pass.
   * - `'never'`: nothing.
   */
  on?: 'always' | 'error' | 'never' | undefined;
}

/** A schema of the [Standard Schema](https://standardschema.dev) interface that validates synchronously. */
export interface StandardSchema<Output> {
  /** The properties that the interface requires of every schema. */
  readonly '~standard': {
    /** The version of the interface. */
    readonly version: 1;
    /** The library that created the schema. */
    readonly vendor: string;
    /** Validates a value. Returns `{ value }` or `{ issues }`. */
    readonly validate: (value: unknown) => unknown;
    /** Exists for types only. */
    readonly types?:
      | {
          /** The type of the validated value. */
          readonly input: unknown;
          /** The type of the result. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** How the data of an event is parsed. */
export type Parse<Data> = 'json' | ((data: string, event: SourceEvent) => Data) | StandardSchema<Data>;

/**
 * The second argument. All members except `withCredentials` are `[NON-SPEC]`. Members of `RequestInit` and of the runtime's
 * own extensions are passed to `fetch`.
 */
export interface AuthenticatedEventSourceInit<Data = string>
  extends Omit<RequestInit, 'body' | 'cache' | 'headers' | 'method' | 'signal'> {
  /** A bearer token, a function that is called for one on every attempt, or a provider. */
  auth?: (string | ((context: AttemptContext) => MaybePromise<Token | null | undefined>) | AuthProvider) | undefined;
  /** The same as `auth`, without the provider object. The constructor throws a `TypeError` if both are set. */
  token?: string | ((context: AttemptContext) => MaybePromise<Token | null | undefined>) | undefined;
  /**
   * Headers, or a function that is called for them on every attempt, after `token`. A call that throws, or takes longer than
   * 30 s, fails the attempt with the reason `auth`. Like a function for the token, it is called again after a 401.
   */
  headers?: HeadersInput | ((context: AttemptContext) => MaybePromise<HeadersInput>) | undefined;
  /**
   * Default `'GET'`. A request with any other method is sent again only if `retry` is given, after a 401 if
   * `auth.onUnauthorized` is given, or if `shouldRetry` or `reconnect()` asks for it.
   */
  method?: string | undefined;
  /**
   * The body, or a function that creates it again for every attempt. A `ReadableStream` can be sent only once: with `retry`
   * or `onUnauthorized` it must come from a function.
   */
  body?: BodyInput | null | ((context: AttemptContext) => MaybePromise<BodyInput | null>) | undefined;
  /** As in `RequestInit`. Default `'no-store'`. */
  cache?: CacheMode | undefined;
  /** Closes the source when it aborts. */
  signal?: AbortSignal | null | undefined;
  /** Sends cookies to other origins too. Default `false`. */
  withCredentials?: boolean | undefined;
  /** The function that sends the requests. Default: the global `fetch`. */
  fetch?: Fetch | undefined;
  /** The ID after which the stream starts. Default `''`. */
  lastEventId?: string | undefined;
  /**
   * Sends the last event ID as this query parameter in addition to the header. In a cross-origin request the parameter
   * replaces the header, because the CORS preflight may not allow it.
   */
  lastEventIdParam?: string | undefined;
  /**
   * `false`: never reconnects; `'spec'`: as browsers do, unless another option is set. Default: the defaults of
   * {@link RetryOptions} for `GET`, else `false`. With `EventSource` the default is `'spec'`, and each member replaces only
   * its own default.
   */
  retry?: RetryOptions | false | 'spec' | undefined;
  /**
   * Makes the final decision on a failure: whether to retry, or after how many milliseconds (0 to 3,600,000; others are
   * clamped). `undefined` and NaN leave the decision to the policy. A promise is awaited.
   *
   * - Only `retry.maxRetries` limits it.
   * - It is not called for a rejection that leads to a refresh.
   * - An exception is reported, and the policy decides.
   */
  shouldRetry?: ((failure: EventSourceError) => MaybePromise<boolean | number | undefined>) | undefined;
  /**
   * The time limit for the response headers, in milliseconds. Default 30,000 for `GET`; `Infinity` for other methods and with
   * `'spec'`. A later response fails the attempt with the reason `timeout`.
   *
   * A language model may take minutes before it sends the first header, so other methods have no limit by default.
   */
  connectTimeout?: number | undefined;
  /**
   * The time in milliseconds (above 0) without a byte after which the connection counts as dead. Comments count as bytes.
   * `false`: never. Default `'auto'`; `false` with `'spec'`.
   *
   * `'auto'` applies to `GET` only, and only once a heartbeat is known: from the response header `SSE-Heartbeat` (in
   * seconds), or from two comments that each ended at least 1 s of silence. The time is three times the longest heartbeat
   * interval, at least 10,000. Events are no heartbeat.
   */
  heartbeatTimeout?: number | 'auto' | false | undefined;
  /**
   * `false`: closes the connection while the page is hidden, and resumes when it is shown. A method other than `GET` fails
   * instead, unless `retry` is given. Default `true`.
   */
  openWhenHidden?: boolean | undefined;
  /**
   * The limit for one event and for one line, in bytes, at most 2 GiB. Default 16 MiB; 2 GiB with `'spec'`. A larger event is
   * final: the reason is `too-large`.
   */
  maxEventSize?: number | undefined;
  /**
   * Whether a request with secrets may be redirected to another origin. Default `'same-origin'`, also with
   * `retry: 'spec'`; with an explicit `redirect` the default is `'follow'`. Secrets are a token, a body, and every header
   * except `Accept`, `Accept-Language`, `Content-Language`, `Content-Type` and `Last-Event-ID`.
   */
  redirectPolicy?: 'same-origin' | 'follow' | undefined;
  /**
   * Marks the last event, at which the source closes with the reason `done` and without an `error` event.
   *
   * - A string: the event with exactly this data, for example `'[DONE]'`. It is not delivered.
   * - A function: the event for which it returns `true`. It is delivered. The function receives the data before `parse`.
   *
   * If the stream ends before that event, the source reconnects if `retry` allows it. Otherwise it fails with the reason `end`.
   */
  until?: Until<SourceEvent> | undefined;
  /** Parses the data of each event. A failure is an `error` event with `reason: 'parse'`, and the stream continues. */
  parse?: Parse<Data> | undefined;
}

type HeadersFunction = (context: AttemptContext) => MaybePromise<HeadersInput>;
type BodyOption = BodyInput | null | undefined | ((context: AttemptContext) => MaybePromise<BodyInput | null>);
/** Returns the parsed data. */
export type ParseFunction<Event = SourceEvent> = (data: string, event: Event) => unknown;

/** The provider of the caller, or `{ token }`. */
export type Provider = Pick<AuthProvider, 'onUnauthorized'> & { token: AuthProvider['token'] | undefined };

/** The authentication options. */
export interface ResolvedAuth {
  /** Whether `auth` or `token` is given. */
  hasAuth: boolean;
  /** Whether a request with rejected credentials is sent again. */
  retriesRejection: boolean;
  /** Whether a token is renewed before it expires. */
  canRenew: boolean;
  /** Returns whether a response rejects the credentials. */
  isRejection: (response: Response) => boolean;
  provider: Provider;
  scheme: string;
  header: string;
  renewBefore: number;
}

/** The retry options. */
export interface ResolvedRetry {
  /** Whether the defaults are those of browsers: `retry: 'spec'`, or an `EventSource`. */
  isSpec: boolean;
  /** Whether `retry` is given and not `false`, also with `on: 'never'`. A rejected request may then be sent again. */
  isRetryGiven: boolean;
  /** Following another tab changes it: see shared/member.ts. */
  initialDelay: number;
  maxDelay: number;
  multiplier: number;
  hasJitter: boolean;
  maxRetries: number;
  resetAfter: number;
  /** 0: always; 1: after an error; 2: never. */
  retryOn: number;
}

/** The limits of time and size. */
export interface ResolvedLimits {
  connectTimeout: number;
  /** 0: automatic; infinite: never. */
  heartbeatTimeout: number;
  maxEventSize: number;
}

/** The request of every attempt. */
export interface ResolvedRequest {
  method: string;
  isGet: boolean;
  /** Whether diagnostic requests may find out why the server does not answer. */
  mayProbe: boolean;
  followsRedirects: boolean;
  withCredentials: boolean;
  /** The members of `RequestInit` that are passed to `fetch` unchanged. */
  init: RequestInit;
  body: BodyOption;
  headers: HeadersFunction;
  /** Whether `headers` is a function, or contains a header. */
  hasHeaders: boolean;
  fetch: Fetch | undefined;
  lastEventIdParam: string | undefined;
}

/** The options of a source, checked and complete. Times are milliseconds, sizes are bytes. */
export interface ResolvedOptions {
  /**
   * Whether the class is `EventSource`, and not `AuthenticatedEventSource`. Then `isSpec` is true, and the source shows only what the
   * standard has: no `connectionclose` event, no warning, `MessageEvent` of the platform.
   */
  isNative: boolean;
  auth: ResolvedAuth;
  retry: ResolvedRetry;
  limits: ResolvedLimits;
  request: ResolvedRequest;
  shouldRetry: AuthenticatedEventSourceInit['shouldRetry'];
  signal: AbortSignal | undefined;
  lastEventId: string;
  openWhenHidden: boolean;
  parse: ParseFunction | undefined;
  until: Until<SourceEvent> | undefined;
  /** Checked by the entry ./shared: see shared/options.ts. */
  shared: unknown;
}

/** The options as the caller gave them, unchecked: every member may have any type. */
type Given = { readonly [Name in keyof AuthenticatedEventSourceInit | 'shared']?: unknown };

/** The members of `RequestInit`, which may be inherited. */
const REQUEST_MEMBERS = [
  'cache',
  'credentials',
  'integrity',
  'keepalive',
  'mode',
  'priority',
  'redirect',
  'referrer',
  'referrerPolicy',
] as const;

type OwnMember =
  | Exclude<keyof AuthenticatedEventSourceInit, keyof RequestInit>
  | 'body'
  | 'headers'
  | 'method'
  | 'shared'
  | 'signal';

/** The members that `fetch` does not receive as they are. A new option that is not listed does not compile. */
const OWN_MEMBERS: Readonly<Record<OwnMember, 1>> = {
  auth: 1,
  body: 1,
  connectTimeout: 1,
  fetch: 1,
  headers: 1,
  heartbeatTimeout: 1,
  lastEventId: 1,
  lastEventIdParam: 1,
  maxEventSize: 1,
  method: 1,
  openWhenHidden: 1,
  parse: 1,
  redirectPolicy: 1,
  retry: 1,
  shared: 1,
  shouldRetry: 1,
  signal: 1,
  token: 1,
  until: 1,
  withCredentials: 1,
};

/**
 * Reads and checks the second argument of the constructor once, so that a mistake throws where it was made, and not at the
 * first reconnect.
 */
export function readOptions(init: unknown, isNative: boolean): ResolvedOptions {
  const given: Given = typeof init === 'string' && !isNative ? { auth: init } : ((init ?? {}) as Given);
  if (Object(given) !== given) throw new TypeError('`init` must be an object');
  const requestInit = readRequest(given);
  const method = readMethod(given, requestInit);
  const isGet = method === 'GET';
  const retry = readRetry(given.retry, isGet, isNative);
  const { isSpec } = retry;
  const mayResend = isGet || retry.isRetryGiven;
  if (given.auth && given.token) throw new TypeError('`auth` and `token` must not both be set');
  const auth = readAuth(given.auth ?? given.token, mayResend, isSpec, typeof given.headers === 'function');
  if (given.body instanceof ReadableStream && (retry.isRetryGiven || auth.retriesRejection)) {
    throw new TypeError('A stream as `body` can be sent only once. Pass a function that creates a new one.');
  }
  return {
    isNative,
    auth,
    retry,
    request: {
      method,
      isGet,
      mayProbe: isGet && given.redirect === undefined && !given.fetch,
      withCredentials: Boolean(given.withCredentials),
      init: requestInit,
      body: given.body as BodyOption,
      ...readHeaders(given.headers),
      fetch: readFunction(given.fetch, 'fetch'),
      followsRedirects: readRedirectPolicy(given) === 'follow',
      lastEventIdParam: given.lastEventIdParam === undefined ? undefined : String(given.lastEventIdParam),
    },
    signal: readSignal(given.signal ?? undefined),
    lastEventId: readLastEventId(given.lastEventId),
    shouldRetry: readFunction(given.shouldRetry, 'shouldRetry'),
    limits: {
      connectTimeout: readNumber(given.connectTimeout, 'connectTimeout', isSpec || !isGet ? Infinity : 30 * SECOND),
      heartbeatTimeout: readHeartbeat(given.heartbeatTimeout, isSpec),
      maxEventSize: Math.min(
        readNumber(given.maxEventSize, 'maxEventSize', isSpec ? Infinity : 16 * MEBIBYTE),
        2 ** 31,
      ),
    },
    openWhenHidden: (given.openWhenHidden ?? true) as boolean,
    parse: readParse(given.parse),
    until: readUntil(given.until),
    shared: given.shared,
  };
}

function readMethod({ method: given = 'GET', body }: Given, requestInit: RequestInit): string {
  if (requestInit.mode === 'no-cors') throw new TypeError("`mode` must not be 'no-cors', which hides each response");
  // `Request` normalizes the method and rejects an illegal one, as the standard requires.
  const { method } = new Request('https://localhost/', { ...requestInit, method: String(given) });
  if ((method === 'GET' || method === 'HEAD') && body !== undefined && body !== null) {
    throw new TypeError(`A ${method} request has no \`body\`. Set \`method\`, for example to 'POST'.`);
  }
  return method;
}

/** Returns the members for `fetch`, including those of one runtime (`dispatcher`, `duplex`, `next`, `cf`). */
function readRequest(given: Given): RequestInit {
  const request: Record<string, unknown> = { cache: 'no-store' };
  for (const member of [...REQUEST_MEMBERS, ...Object.keys(given)]) {
    const value = given[member as keyof Given];
    if (value === undefined || Object.hasOwn(OWN_MEMBERS, member)) continue;
    request[member] = value;
    warnOfMisspelling(member);
  }
  if (given.withCredentials) request.credentials = 'include';
  return request;
}

/** Shows a member on the console that is probably an option of this package. Other members are for `fetch`. */
function warnOfMisspelling(given: string): void {
  const near = Object.keys(OWN_MEMBERS).find((name) => skeletonOf(name) === skeletonOf(given));
  if (near) console.warn(`\`${given}\` is no option. Did you mean \`${near}\`?`);
}

/** Returns a name in lower case without vowels, doubled letters and the last `s`, in which most misspellings differ. */
function skeletonOf(name: string): string {
  return name.toLowerCase().replace(/[aeiou]|s$|(.)(?=\1)/g, '');
}

/** An explicit `redirect` takes precedence over the default policy, but not over an explicit policy. */
function readRedirectPolicy({ redirectPolicy, redirect }: Given): string {
  const policies = redirect === undefined ? ['same-origin', 'follow'] : ['follow', 'same-origin'];
  return readOneOf(redirectPolicy, 'redirectPolicy', policies);
}

/**
 * Returns a copy, which later changes by the caller do not affect. Illegal headers throw here. The message of the engine is
 * not used, because some engines quote the value, which may be a secret.
 */
export function readHeaderEntries(init: unknown, name: string): HeaderEntries {
  try {
    const entries = headerEntries(init);
    new Headers(entries);
    return entries;
  } catch {
    throw new TypeError(
      `\`${name}\` contains an illegal header name or value. Remove line breaks and other control characters.`,
    );
  }
}

/** Returns `headers` as a function. The value is read once, because it may be an iterator. */
function readHeaders(headers: unknown): Pick<ResolvedRequest, 'headers' | 'hasHeaders'> {
  if (typeof headers === 'function') return { headers: headers as HeadersFunction, hasHeaders: true };
  const fixed = readHeaderEntries(headers, 'headers');
  return { headers: () => fixed, hasHeaders: fixed.length > 0 };
}

function readAuth(auth: unknown, mayResend: boolean, isSpec: boolean, hasHeadersFunction: boolean): ResolvedAuth {
  const provider = typeof auth === 'function' ? { token: auth } : auth;
  const isProvider = typeof provider === 'object' && provider !== null;
  const given = (isProvider ? provider : {}) as { [Name in keyof AuthProvider]?: unknown };
  const { scheme = 'Bearer', header = 'Authorization', renewBefore, refreshOn } = given;
  const token = isProvider ? given.token : (provider ?? undefined);
  if (!['function', 'string'].includes(typeof token) && (isProvider || token !== undefined)) {
    throw new TypeError('`auth` must be a token, a function that returns one, or an object with either as `token`');
  }
  readHeaderEntries([[header, `${scheme} ${typeof token === 'string' ? token : ''}`]], 'auth');
  const canRenew = typeof token === 'function';
  return {
    hasAuth: token !== undefined,
    // Fixed credentials would be rejected again. A request that must not be sent twice is sent again only if the caller has
    // given `onUnauthorized` or `retry`. In browsers a rejection is final, unless the caller has asked for a refresh.
    retriesRejection:
      Boolean(readFunction(given.onUnauthorized, 'auth.onUnauthorized')) ||
      (mayResend && (canRenew || hasHeadersFunction) && (!isSpec || refreshOn !== undefined)),
    canRenew,
    isRejection: readRefreshOn(refreshOn),
    provider: (isProvider ? provider : { token }) as Provider,
    scheme: String(scheme),
    header: String(header),
    renewBefore: readNumber(renewBefore, 'auth.renewBefore', 30 * SECOND),
  };
}

function readRefreshOn(refreshOn: unknown = [401]): ResolvedAuth['isRejection'] {
  if (Array.isArray(refreshOn)) return ({ status }) => refreshOn.includes(status);
  if (typeof refreshOn !== 'function')
    throw new TypeError('`auth.refreshOn` must be a list of statuses, or a function');
  return (response) => isTrue(refreshOn as (response: Response) => unknown, response);
}

/** `isNative`: whether the source is an `EventSource`, whose defaults are those of browsers. */
function readRetry(retry: unknown, isGet: boolean, isNative: boolean): ResolvedRetry {
  if (!['undefined', 'object'].includes(typeof retry) && retry !== false && retry !== 'spec') {
    throw new TypeError("`retry` must be an object of options, `false`, or 'spec'");
  }
  const isSpec = isNative || retry === 'spec';
  const given = (typeof retry === 'object' && retry !== null ? retry : {}) as {
    [Name in keyof RetryOptions]?: unknown;
  };
  const isOff = retry === false || (retry === undefined && !isGet);
  const on = readOneOf(given.on, 'retry.on', ['always', 'error', 'never']);
  const jitters = isSpec ? ['none', 'full'] : ['full', 'none'];
  return {
    isSpec,
    isRetryGiven: retry !== undefined && retry !== false,
    // A multiplied zero would stay zero.
    initialDelay: Math.max(readNumber(given.initialDelay, 'retry.initialDelay', 3 * SECOND), 1),
    maxDelay: readNumber(given.maxDelay, 'retry.maxDelay', 30 * SECOND),
    multiplier: readNumber(given.multiplier, 'retry.multiplier', isSpec ? 1 : 2),
    hasJitter: readOneOf(given.jitter === false ? 'none' : given.jitter, 'retry.jitter', jitters) === 'full',
    maxRetries: Math.min(readNumber(given.maxRetries, 'retry.maxRetries', Infinity), 2 ** 32 - 1),
    resetAfter: readNumber(given.resetAfter, 'retry.resetAfter', 5 * SECOND),
    retryOn: isOff ? 2 : ['always', 'error', 'never'].indexOf(on),
  };
}

function readHeartbeat(value: unknown, isSpec: boolean): number {
  if (value === false || (value === undefined && isSpec)) return Infinity;
  if (value === undefined || value === 'auto') return 0;
  const timeout = readNumber(value, 'heartbeatTimeout');
  if (timeout === 0) throw new TypeError("`heartbeatTimeout` must be positive, 'auto', or `false` for never");
  return timeout;
}

function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal && !(signal as AbortSignal).addEventListener) throw new TypeError('`signal` must be an AbortSignal');
  return signal as AbortSignal | undefined;
}

function readLastEventId(value: unknown): string {
  const id = value === undefined || value === null ? '' : String(value);
  if (/[\0\r\n]/.test(id)) throw new TypeError('`lastEventId` must not contain NUL, CR or LF');
  return id.toWellFormed?.() ?? id;
}

/** Returns the function for the option `parse`: of `'json'`, of a Standard Schema over JSON, or the caller's own. */
export function readParse<Event = SourceEvent>(parse: unknown): ParseFunction<Event> | undefined {
  if (parse === undefined || parse === null) return undefined;
  if (parse === 'json') return (data) => JSON.parse(data);
  const { '~standard': schema } = parse as Partial<StandardSchema<unknown>>;
  if (schema) return (data) => validate(schema, JSON.parse(data));
  if (typeof parse === 'function') return parse as ParseFunction<Event>;
  throw new TypeError("`parse` must be 'json', a function, or a Standard Schema");
}

function validate(schema: StandardSchema<unknown>['~standard'], value: unknown): unknown {
  const result = schema.validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new TypeError('The schema of `parse` must validate at once, this one is asynchronous');
  }
  const { issues, value: parsed } = result as { issues?: { message: string }[]; value?: unknown };
  if (issues) throw new TypeError(issues.map((issue) => issue.message).join('; '), { cause: issues });
  return parsed;
}

/** Returns a number that is not negative. `fallback` replaces `undefined`. */
export function readNumber(value: unknown, name: string, fallback?: number): number {
  if (value === undefined) return fallback!;
  const number = Number(value);
  if (Number.isNaN(number) || number < 0) {
    throw new TypeError(`\`${name}\` must be a number that is not negative`);
  }
  return number;
}

/** Returns one of `names`. The first is the default. */
function readOneOf(value: unknown, name: string, names: string[]): string {
  if (value === undefined) return names[0]!;
  if (!names.includes(value as string)) throw new TypeError(`\`${name}\` must be one of: ${names.join(', ')}`);
  return value as string;
}

/** Checks a member that is a function or absent. */
export function readFunction<Type>(value: unknown, name: string): Type | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'function') throw new TypeError(`\`${name}\` must be a function`);
  return value as Type;
}

/** Checks the option `until`. */
export function readUntil<Event>(until: unknown): Until<Event> | undefined {
  return typeof until === 'string' ? until : readFunction(until, 'until');
}
