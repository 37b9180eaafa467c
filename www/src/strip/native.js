// The browser's own EventSource, on the same events and under the same faults.
import { session } from '../live.js';
import { Session } from '../session.js';

/** A user of its own, because each fault hits one attempt of one user. The native class cannot send
 *  a header, so its token is in the URL, and no other can replace it. Hence a day, in seconds. */
export const nativeSession = new Session(`${session.user}-native`, 24 * 60 * 60);

/** The native class has no listener for all types, so each type of this server is named. */
const TYPES = ['message', 'metrics', 'notification'];

/** Connects, and tells `onEvent` each event and `onState` each state: the time of a page that
 *  nobody sees is not worth one of the browser's six connections. */
export class NativeSource {
  #source;
  #handlers;
  #starts = 0;

  constructor(handlers) {
    this.#handlers = handlers;
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#stop() : this.start()));
  }

  /** Starts anew. The native class cannot continue after an ID that an earlier object received. */
  async start() {
    this.#stop();
    const start = ++this.#starts;
    try {
      const token = encodeURIComponent(await nativeSession.token());
      if (start === this.#starts) this.#open(`/events?token=${token}`);
    } catch (error) {
      this.#handlers.onState('bad', `Not started: ${error.message}`);
    }
  }

  #open(url) {
    const source = new EventSource(url);
    this.#source = source;
    this.#handlers.onState('warn', 'Connecting');
    source.onopen = () => this.#handlers.onState('good', 'Open');
    source.onerror = () => {
      const isClosed = source.readyState === EventSource.CLOSED;
      this.#handlers.onState(
        isClosed ? 'bad' : 'warn',
        isClosed ? 'Closed for good, without a reason' : 'Reconnecting',
      );
    };
    for (const type of TYPES) source.addEventListener(type, (event) => this.#handlers.onEvent(event));
  }

  #stop() {
    this.#starts += 1;
    this.#source?.close();
    this.#source = undefined;
  }
}
