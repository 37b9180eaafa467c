// The arguments of fetchEventSource(), as a URL and options.
import type { FetchEventSourceInit } from './fetch-event-source.ts';
import type { HeaderEntries } from './headers.ts';
import { readHeaderEntries, type RetryOptions } from './options.ts';
import type { AttemptContext } from './token.ts';
import type { HeadersInput, RequestInput } from './platform-types.ts';

const SECOND = 1000;

/** What a call of `fetchEventSource` requests. */
export interface FetchRequest {
  url: string | URL;
  /** The options of the source. */
  options: FetchOptions;
}

/** The options of the source, as `AuthenticatedEventSource` reads them. */
export interface FetchOptions {
  signal?: AbortSignal | null;
  auth?: unknown;
  token?: unknown;
  retry: unknown;
}

/** Converts the two arguments of `fetchEventSource` to a URL and the options of a source. */
export function readRequest(input: RequestInput, init: FetchEventSourceInit): FetchRequest {
  const given: FetchEventSourceInit =
    input instanceof Request ? { ...membersOf(input), ...defined(init) } : defined(init);
  const { onopen: _open, onmessage: _message, onclose: _close, onerror: _error, ...members } = given;
  const headers = readHeaders((input as Partial<Request>).headers, given.headers);
  const isGet = (given.method ?? 'GET').toUpperCase() === 'GET';
  return {
    url: input instanceof Request ? input.url : input,
    options: {
      ...members,
      ...headers,
      lastEventId: given.lastEventId ?? headers.lastEventId,
      // Showing the page must not send a request again that is not a `GET`.
      openWhenHidden: given.openWhenHidden ?? !isGet,
      retry:
        isGet && typeof (given.retry ?? {}) === 'object'
          ? { initialDelay: SECOND, ...(given.retry as RetryOptions) }
          : given.retry,
      parse: undefined,
    } as FetchOptions,
  };
}

function defined(init: object): object {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined && value !== null));
}

/** Returns the members of a `Request`, without its headers, and without a `cache` or `redirect` of the default value. */
function membersOf(request: Request): object {
  // A copy, because a body can be read only once, and the caller may still read it.
  const copy = request.clone();
  const members: Record<string, unknown> = { signal: request.signal };
  for (const name of [
    'method',
    'credentials',
    'integrity',
    'keepalive',
    'mode',
    'referrer',
    'referrerPolicy',
  ] as const) {
    members[name] = request[name];
  }
  if (request.cache !== 'default') members.cache = request.cache;
  if (request.redirect !== 'follow') members.redirect = request.redirect;
  if (!['GET', 'HEAD'].includes(request.method)) members.body = () => copy.clone().arrayBuffer();
  return members;
}

/** The headers of the source, and the last event ID at its start. */
interface ReadHeaders {
  headers: HeaderEntries | ((context: AttemptContext) => Promise<HeaderEntries>);
  lastEventId?: string;
}

/** Merges the headers of the `Request` and of `init`, which take precedence. `Last-Event-ID` becomes an option. */
function readHeaders(base: HeadersInput | undefined, added: FetchEventSourceInit['headers']): ReadHeaders {
  if (typeof added === 'function') {
    return { headers: async (context) => merge(base, await added(context)) };
  }
  const headers = merge(base, added);
  return {
    headers: headers.filter((entry) => !isNamed(entry, 'last-event-id')),
    lastEventId: headers.filter((entry) => isNamed(entry, 'last-event-id')).at(-1)?.[1] ?? '',
  };
}

function merge(base: HeadersInput | undefined, added: HeadersInput | undefined): HeaderEntries {
  const own = readHeaderEntries(added, 'headers');
  const inherited = readHeaderEntries(base, 'headers');
  return [...inherited.filter(([name]) => !own.some((entry) => isNamed(entry, name.toLowerCase()))), ...own];
}

function isNamed([name]: [string, string], lowerCase: string): boolean {
  return name.toLowerCase() === lowerCase;
}
