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

/** The request of one attempt. */
export class Attempt {
  #url;
  #fetch;
  /** The URL as far as others may know it. */
  #address;
  #init;
  #aborting = new AbortController();

  /** Throws where a header is not legal. `init`: the caller's; it is ours to change. `given`: the token, if there is one. */
  constructor(client, core, address, init, given) {
    const { lastEventId, lastEventIdParam } = client;
    const origin = originOf(address);
    const headers = new Headers(init.headers);
    if (!headers.has('Accept')) headers.set('Accept', 'text/event-stream');
    // Where it has a parameter it stays out of the header of a cross-origin request, whose preflight the server may
    // refuse for it.
    if (lastEventId && (lastEventIdParam === undefined || origin === SAME)) headers.set('Last-Event-ID', core.text(ID_HEADER));
    if (given) headers.set(client.header, client.scheme ? `${client.scheme} ${given.token}` : given.token);
    const guard = core.guard(origin);
    if (guard === SAME_ORIGIN_MODE) init.mode = 'same-origin';
    if (guard === MANUAL) init.redirect = 'manual';
    this.#init = { ...init, headers, signal: this.#aborting.signal };
    this.#fetch = client.fetch;
    this.#address = address;
    this.#url = lastEventId && lastEventIdParam !== undefined ? withParam(address, lastEventIdParam, lastEventId) : address;
    this.token = given?.token;
    this.expiresAt = given?.expiresAt;
  }

  /** A promise of the response. */
  async send(sending) {
    if (sending === PROBE) return this.#probe();
    // The global one is looked up at each call.
    const fetch = this.#fetch ?? globalThis.fetch;
    return fetch(this.#url, sending === FIND_REDIRECT ? { ...this.#init, redirect: 'manual' } : this.#init);
  }

  /** Whether anything answers: a server whose CORS headers refuse us counts. Nobody can see what it answers. */
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
