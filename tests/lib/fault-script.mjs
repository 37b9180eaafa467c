// Scripts of the fault server, and the log of the requests that came for them. Runs in Node and in pages.

/** A response that streams this text, does these steps, and ends. */
export const stream = (text, ...steps) => ({ steps: [...(text ? [{ text }] : []), ...steps] });
/** A response that streams this text and stays open. */
export const open = (text) => stream(text, { hang: true });
/** A response that streams this text and ends in order. */
export const ended = (text) => stream(text);
/** A response that streams this text and breaks off. It has a length, because some versions of Node accept an
 *  incomplete chunked body. */
export const broken = (text) => ({ framing: { length: 1_000_000 }, ...stream(text, { sleep_ms: 100 }, { rst: true }) });
/** A response of this status, without a body. */
export const status = (code, headers = {}) => ({ status: code, headers });
/** A connection that is reset before any response. */
export const dead = { framing: 'raw', steps: [{ rst: true }] };
/** A connection without any response. */
export const mute = { framing: 'raw', steps: [{ hang: true }] };
/** A response that ends a source for good. */
export const over = status(404);

/** Returns the value of a header of a logged request. */
export const header = (request, name) => request.headers.find(([key]) => key.toLowerCase() === name)?.[1];

/** Stores a script, or a preset, under an address of its own.
 *  @param submission `{ responses }`, of which the n-th request gets the n-th and later requests the last; or
 *  `{ preset, params }`
 *  @param origin of the fault server, for the client under test
 *  @param options the origin for the requests of the test (`control`), and its `patience` in milliseconds */
export async function storeScript(submission, origin, { control = origin, patience = 15_000 } = {}) {
  const body = JSON.stringify({ record_authorization: true, ...submission });
  const answer = await fetch(`${control}/fault/script`, { method: 'POST', body });
  const { url, error } = await answer.json();
  if (!answer.ok) throw new Error(`The fault server refused the script: ${error}`);
  return new Script(origin + url, control + url, patience);
}

export class Script {
  #control;
  #patience;

  constructor(url, control = url, patience = 15_000) {
    this.url = url;
    this.#control = control;
    this.#patience = patience;
  }

  /** Waits for `count` requests and returns all. */
  requests(count) {
    return this.#satisfied(`wait=${count}`, `${count} requests`);
  }

  /** Waits until `count` requests have ended and returns all. */
  ended(count) {
    return this.#satisfied(`ended=${count}`, `the end of ${count} requests`);
  }

  /** Waits for `count` requests, and for `quiet` milliseconds without another one. */
  async exactly(count, quiet = 400) {
    await this.requests(count);
    return this.noMoreThan(count, quiet);
  }

  /** Waits for `quiet` milliseconds without more than `count` requests. */
  async noMoreThan(count, quiet = 400) {
    const { satisfied, requests } = await this.#read(`wait=${count + 1}&timeout=${quiet}`);
    if (satisfied) throw new Error(`${requests.length} requests came, not ${count}`);
    return requests;
  }

  /** Returns the preflight requests so far. */
  async preflights() {
    return (await this.#read('timeout=0')).preflights;
  }

  /** Ends the open responses, in order (`fin`) or by a reset (`rst`). */
  async close(how = 'fin') {
    await fetch(`${this.#control}/close?how=${how}`, { method: 'POST' });
  }

  /** Removes the script and its log. */
  async forget() {
    await fetch(this.#control, { method: 'DELETE' });
  }

  async #satisfied(query, what) {
    const { satisfied, requests } = await this.#read(`${query}&timeout=${this.#patience}`);
    if (!satisfied)
      throw new Error(`no sign of ${what} in ${this.#patience / 1000} s: ${requests.length} requests came`);
    return requests;
  }

  async #read(query) {
    return (await fetch(`${this.#control}/log?${query}`)).json();
  }
}
