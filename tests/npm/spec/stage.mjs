// The arguments of a case: a class to test, a fault server, and sources that record their events.
// The end of the case removes all of them.
import { storeScript } from '../../lib/fault-script.mjs';
import { until } from '../../lib/wait.mjs';

export { dead, header, open, over, status, stream } from '../../lib/fault-script.mjs';

/** The limit of every wait, in milliseconds. It is no measure of speed. */
const PATIENCE = 20_000;

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

  /** Stores a script: the n-th request gets the n-th response, later requests get the last. */
  script(...responses) {
    return this.stored({ responses });
  }

  /** The same, for a page of another origin. */
  far(...responses) {
    return this.stored({ responses }, this.servers.far);
  }

  async stored(submission, origin = this.servers.near) {
    const script = await storeScript(submission, origin, { control: this.servers.control, patience: this.patience });
    this.#scripts.push(script);
    return script;
  }

  /** Opens a source and records its events. */
  connect(script, init, ...types) {
    return this.watch(new this.EventSource(script.url ?? script, ...(init ? [init] : [])), ...types);
  }

  /** Records the events of the interface and of these types in `source.fired`. */
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

  /** Waits for the `count`-th event of a type. */
  until(source, type, count = 1) {
    const what = () => `${count} × ${type} (fired so far: ${typesOf(source).join(', ')})`;
    return until(what, () => source.fired.filter((event) => event.type === type)[count - 1], this.patience, 10);
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

/** Returns the types of the events of a source, in order. */
export const typesOf = (source) => source.fired.map(({ type }) => type);

export const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
