import { followWithinOrigin } from './redirects.ts';
import { hasSecretHeader } from './secrets.ts';

/** The value of `Last-Event-ID`: see `text` in src/bindings/core.rs. */
const ID_HEADER = 1;

/** How a request is guarded: see `guard` in src/bindings/core.rs. */
const SAME_ORIGIN_MODE = 1;
const MANUAL = 2;

/** What is sent: see `step` in src/bindings/core.rs. */
export const FIND_REDIRECT = 2;
export const PROBE = 3;

/** Where the URL leads, of what the core knows: to the page's own origin. */
const SAME = 1;

/** The request of one attempt. This is the only place that sends requests. */
export class Attempt {
  #url;
  #fetch;
  /** The URL without the last event ID. */
  #address;
  #init;
  #guard;
  #aborting = new AbortController();
  /** Whether the request carries secrets, which belong to the origin of the URL that the caller gave. */
  hasSecrets;

  /**
   * Builds the request. Throws if a header is not legal.
   *
   * `redirected`: where the standard lets a reconnect begin. `init`: the caller's members of the request; they are
   * changed here. `given`: the token, if there is one. `secrets` receives the secrets of this request.
   */
  constructor(client, core, redirected, init, given, secrets) {
    const headers = headersOf(client, init.headers, given);
    secrets.addHeaders(headers);
    if (given) secrets.addToken(given.token);
    this.hasSecrets = hasSecretHeader(headers) || init.body !== undefined;
    const address = this.hasSecrets ? client.url : redirected;
    const origin = originOf(address);
    const { lastEventId, lastEventIdParam } = client;
    // With a parameter, the header is left out of cross-origin requests, because the server may refuse the preflight.
    if (lastEventId && (lastEventIdParam === undefined || origin === SAME)) headers.set('Last-Event-ID', core.text(ID_HEADER));
    this.#guard = core.guard(origin, this.hasSecrets);
    if (this.#guard === SAME_ORIGIN_MODE) init.mode = 'same-origin';
    // A caller who refuses redirects altogether keeps that.
    if (this.#guard === MANUAL && init.redirect !== 'error') init.redirect = 'manual';
    this.#init = { ...init, headers, signal: this.#aborting.signal };
    this.#fetch = client.fetch;
    this.#address = address;
    this.#url = lastEventId && lastEventIdParam !== undefined ? withParam(address, lastEventIdParam, lastEventId) : address;
    this.token = given?.token;
    this.expiresAt = given?.expiresAt;
  }

  /** Returns a promise of the response. */
  async send(sending) {
    if (sending === PROBE) return this.#probe();
    // The global one is looked up at each call.
    const fetch = this.#fetch ?? globalThis.fetch;
    if (sending === FIND_REDIRECT) return fetch(this.#url, { ...this.#init, redirect: 'manual' });
    if (this.#guard === MANUAL) return followWithinOrigin(fetch, this.#url, this.#init);
    return fetch(this.#url, this.#init);
  }

  /** Whether anything answers: a server whose CORS headers refuse us counts. Its answer cannot be seen. */
  async #probe() {
    const { signal } = this.#aborting;
    const probing = new AbortController();
    signal.addEventListener('abort', () => probing.abort(), probing);
    const response = await fetch(this.#address, { mode: 'no-cors', credentials: 'omit', cache: 'no-store', signal: probing.signal });
    probing.abort();
    return response;
  }

  abort() {
    this.#aborting.abort();
  }
}

/** The caller's headers, `Accept` and the token. Throws if one is not legal. */
function headersOf({ header, scheme }, given, token) {
  const headers = new Headers(given);
  if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream');
  if (token) headers.set(header, scheme ? `${scheme} ${token.token}` : token.token);
  return headers;
}

/** Where a URL leads, as the core takes it: 0 where there is no page, 1 to the page's own origin, 2 to another. */
function originOf(url) {
  // Not the location's: a frame with `srcdoc` has that of the page around it, and a sandboxed one none of its URL's.
  const { location, origin = location?.origin } = globalThis;
  if (!location?.origin) return 0;
  return new URL(url).origin === origin ? SAME : 2;
}

function withParam(address, name, value) {
  const url = new URL(address);
  url.searchParams.set(name, value);
  return url.href;
}
