// The request of one attempt: URL, headers, redirect rules.
import type { Core } from '#bindings';
import { headerEntries, headerRecord } from './headers.ts';
import { authProblemOf } from './messages.ts';
import {
  GUARD_MANUAL,
  GUARD_SAME_ORIGIN_MODE,
  ID_HEADER,
  ORIGIN_NONE,
  ORIGIN_OTHER,
  ORIGIN_SAME,
  STEP_FIND_REDIRECT,
  STEP_PROBE,
} from './protocol.ts';
import { withParam } from './query.ts';
import { followWithinOrigin, type SendRequest } from './redirects.ts';
import { hasSecretHeader, type Secrets } from './secrets.ts';
import type { SourceController } from './source-controller.ts';
import type { ExpiringToken } from './token.ts';
import type { HeadersInput } from './platform-types.ts';

/** The request of one attempt. This is the only place that sends requests. */
export class ConnectionRequest {
  readonly #url: string;
  readonly #fetch: SendRequest | undefined;
  /** The URL without the last event ID. */
  readonly #address: string;
  readonly #init: RequestInit;
  readonly #guard: number;
  /** Whether a challenge of the server can open the browser's login prompt, although the caller supplies the credentials. */
  readonly #mayPrompt: boolean;
  readonly #aborting = new AbortController();
  /** Whether the request carries secrets, which belong to the origin of the URL that the caller gave. */
  declare readonly hasSecrets: boolean;
  /** The problem of the credentials, if the server refuses them. */
  declare readonly authProblem: string | undefined;

  /**
   * Builds the request. Throws if a header is not legal. With the global `fetch` it also throws if
   * the URL has a user name or a password.
   *
   * `reconnectUrl`: the URL of the last redirect. Only a request without secrets begins there. `init`: the caller's members
   * of the request; they are changed here. `secrets` receives the secrets of this request.
   */
  constructor(
    { lastEventId, url, options }: SourceController,
    core: Core,
    reconnectUrl: string,
    init: RequestInit,
    token: ExpiringToken | undefined,
    secrets: Secrets,
  ) {
    const { lastEventIdParam, fetch } = options.request;
    // The exception of the platform's `fetch` would quote the password.
    if (!fetch && hasUserInfo(url)) throw new TypeError();
    const { headers, names } = headersOf(options.auth, init.headers, token);
    secrets.addHeaders(headers);
    if (token) secrets.addToken(token.token);
    this.hasSecrets = hasSecretHeader(headers) || init.body !== undefined;
    const address = this.hasSecrets ? url : reconnectUrl;
    const origin = originOf(address);
    // With a parameter, the header is left out of cross-origin requests, because the server may refuse the preflight.
    if (lastEventId && (lastEventIdParam === undefined || origin === ORIGIN_SAME))
      headers.set('Last-Event-ID', core.text(ID_HEADER));
    if (ignoresCache() && init.cache === 'no-store' && !headers.has('Cache-Control'))
      headers.set('Cache-Control', 'no-cache');
    this.#guard = core.guard(origin, this.hasSecrets);
    if (this.#guard === GUARD_SAME_ORIGIN_MODE) init.mode = 'same-origin';
    // A caller who refuses redirects altogether keeps that.
    if (this.#guard === GUARD_MANUAL && init.redirect !== 'error') init.redirect = 'manual';
    this.#init = { ...init, headers: headerRecord(headers, names), signal: this.#aborting.signal };
    this.#fetch = fetch;
    this.#address = address;
    this.#url =
      lastEventId && lastEventIdParam !== undefined ? withParam(address, lastEventIdParam, lastEventId) : address;
    this.#mayPrompt = origin === ORIGIN_SAME && headers.has('Authorization');
    const { header } = options.auth;
    // Another header may identify the user.
    if (headers.has(header) || !hasSecretHeader(headers)) this.authProblem = authProblemOf(headers.get(header), header);
  }

  /** Sends the request, or a diagnostic request. `hasTimedOut`: whether the source got no response in time before. */
  async send(kind: number, hasTimedOut: boolean): Promise<Response> {
    if (kind === STEP_PROBE) return this.#probe();
    // The global function is looked up at each call, because the page may replace it.
    const fetch = this.#fetch ?? globalThis.fetch;
    if (hasTimedOut && this.#mayPrompt) {
      // Chromium and WebKit open a login prompt for a challenge, and give no response before it is closed. They open none for
      // a request without cookies.
      const response = await fetch(this.#url, { ...this.#init, credentials: 'omit' });
      const challenge = response.headers.get('WWW-Authenticate');
      if (response.status === 401 && /basic|digest/i.test(challenge!)) return response;
      await response.body?.cancel();
    }
    if (kind === STEP_FIND_REDIRECT) return fetch(this.#url, { ...this.#init, redirect: 'manual' });
    if (this.#guard === GUARD_MANUAL) return followWithinOrigin(fetch, this.#url, this.#init);
    return fetch(this.#url, this.#init);
  }

  /** Resolves if anything answers, including a server whose CORS headers refuse this page. The answer is not visible. */
  async #probe(): Promise<Response> {
    const { signal } = this.#aborting;
    const probing = new AbortController();
    signal.addEventListener('abort', () => probing.abort());
    const response = await fetch(this.#address, {
      mode: 'no-cors',
      credentials: 'omit',
      cache: 'no-store',
      signal: probing.signal,
    });
    probing.abort();
    return response;
  }

  abort(): void {
    this.#aborting.abort();
  }
}

/** Headers, and their names as they are spelled. */
interface SpelledHeaders {
  headers: Headers;
  names: string[];
}

/** Returns the caller's headers, `Accept` and the token. Throws if one is not legal. */
function headersOf(
  { header, scheme }: { header: string; scheme: string },
  callerHeaders: HeadersInput | undefined,
  token: ExpiringToken | undefined,
): SpelledHeaders {
  const entries = headerEntries(callerHeaders);
  const headers = new Headers(entries);
  const names = ['Accept', 'Last-Event-ID', 'Cache-Control', ...entries.map(([name]) => name)];
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream');
  if (token) {
    headers.set(header, scheme ? `${scheme} ${token.token}` : token.token);
    names.push(header);
  }
  return { headers, names };
}

/** Whether the runtime's `fetch` ignores `cache`. Browsers do not, and there the header would cause a preflight. */
function ignoresCache(): boolean {
  return 'Deno' in globalThis || 'Bun' in globalThis;
}

function hasUserInfo(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** Returns the origin of a URL as the core reads it (`ORIGIN_…`). */
function originOf(url: string): number {
  // The location has no usable origin in a frame with `srcdoc` or in a sandboxed frame.
  const { location, origin = location?.origin } = globalThis;
  if (!location?.origin) return ORIGIN_NONE;
  return new URL(url).origin === origin ? ORIGIN_SAME : ORIGIN_OTHER;
}
