// What a case is given: a class to test, a server that misbehaves by script, sources that remember
// what they fired. All is let go when the case is over.
import { holds } from './expect.mjs';

/** How long a case waits for what must come; never a measure of speed. */
const PATIENCE = 20_000;

/** A response that streams this text, and then does these steps; without any it ends. */
export const stream = (text, ...steps) => ({ steps: [...(text ? [{ text }] : []), ...steps] });
/** … and stays open. */
export const open = (text) => stream(text, { hang: true });
/** A response of this status and nothing more. */
export const status = (code, headers = {}) => ({ status: code, headers });
/** A connection that is reset before any response. */
export const dead = { framing: 'raw', steps: [{ rst: true }] };
/** What ends a source for good. */
export const over = status(404);

export class Stage {
  #scripts = [];
  #sources = [];
  #frames = [];

  /** `servers`: the fixture's `near`, of the page's own origin, `far`, of another, and `control`, for what the case
   *  itself asks: apart, because browsers allow six connections to a server. */
  constructor(EventSource, servers, context) {
    this.EventSource = EventSource;
    this.servers = servers;
    this.context = context;
    this.patience = context.patience ?? PATIENCE;
  }

  /** Stores a script: the n-th request gets the n-th response, later ones the last again. */
  script(...responses) {
    return this.stored({ responses, record_authorization: true });
  }

  /** The same, for a page of another origin. */
  far(...responses) {
    return this.stored({ responses, record_authorization: true }, this.servers.far);
  }

  async stored(script, server = this.servers.near) {
    const { control } = this.servers;
    const answer = await fetch(`${control}/fault/script`, { method: 'POST', body: JSON.stringify(script) });
    const { url, error } = await answer.json();
    holds(url, error);
    const stored = new Script(server + url, control + url, this.patience);
    this.#scripts.push(stored);
    return stored;
  }

  /** Opens a source and remembers what it fires. */
  connect(script, init, ...types) {
    return this.watch(new this.EventSource(script.url ?? script, ...(init ? [init] : [])), ...types);
  }

  /** Events of these types, besides those of the interface, are remembered in `source.fired`. */
  watch(source, ...types) {
    this.#sources.push(source);
    source.fired = [];
    for (const type of new Set(['open', 'message', 'error', ...types])) {
      source.addEventListener(type, (event) => {
        source.fired.push(event);
        event.stateThen = source.readyState;
      });
    }
    return source;
  }

  /** The `count`-th event of a type. */
  until(source, type, count = 1) {
    const what = () => `${count} × ${type} (fired so far: ${typesOf(source).join(', ')})`;
    return until(() => source.fired.filter((event) => event.type === type)[count - 1], what, this.patience);
  }

  /** A frame with the same class in it, on a page of this body. */
  async frame(page) {
    const frame = document.createElement('iframe');
    this.#frames.push(frame);
    await new Promise((resolve) => {
      frame.onload = resolve;
      frame.src = page;
      document.body.append(frame);
    });
    return frame;
  }

  async end() {
    for (const source of this.#sources) source.close();
    for (const frame of this.#frames) frame.remove();
    await Promise.all(this.#scripts.map((script) => script.forget()));
  }
}

class Script {
  #control;
  #patience;

  constructor(url, control, patience) {
    this.url = url;
    this.#control = control;
    this.#patience = patience;
  }

  /** The requests, once there were `count`. */
  requests(count) {
    return this.#log(`wait=${count}&timeout=${this.#patience}`, `${count} requests`);
  }

  /** The requests, once `count` of them have ended. */
  ended(count) {
    return this.#log(`ended=${count}&timeout=${this.#patience}`, `the end of ${count} requests`);
  }

  /** That no more than `count` requests come. */
  async noMoreThan(count, quiet = 400) {
    const { satisfied, requests } = await this.#read(`wait=${count + 1}&timeout=${quiet}`);
    holds(!satisfied, `${requests.length} requests came, not ${count}`);
    return requests;
  }

  async preflights() {
    return (await this.#read('timeout=0')).preflights;
  }

  async #log(query, what) {
    const { satisfied, requests } = await this.#read(query);
    holds(satisfied, `${what} were to come, ${requests.length} requests came`);
    return requests;
  }

  async #read(query) {
    return (await fetch(`${this.#control}/log?${query}`)).json();
  }

  async forget() {
    await fetch(this.#control, { method: 'DELETE' });
  }
}

/** A header of a logged request. */
export function header(request, name) {
  return request.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Types in the order in which they fired. */
export const typesOf = (source) => source.fired.map(({ type }) => type);

export const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Waits until `look` finds something. */
export async function until(look, what, patience = PATIENCE) {
  for (const start = Date.now(); Date.now() - start < patience; await sleep(10)) {
    const found = look();
    if (found) return found;
  }
  throw new Error(`no sign of ${what()} in ${patience} ms`);
}
