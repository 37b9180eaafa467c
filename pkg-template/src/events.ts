import { Body } from './body-reader.ts';
import { EventSourceError } from './errors.ts';
import { EventStreamParser, free, slices, throwIfTooLarge } from './parser.ts';
import { EventQueue, iterator } from './event-queue.ts';
import { nextTask } from './yield-to-page.ts';
import { withWasm } from './wasm.ts';

/** How long the page waits for the events of a burst, in milliseconds. */
const TURN = 8;

/**
 * The events of a `Response`, or of a stream of bytes, that is there already: for answers that
 * come once, such as those of language models. Leaving the loop cancels the stream.
 */
export function events(source, options = {}) {
  return iterator(new ResponseQueue(source, options));
}

/** Not an async generator: engines take several times as long for each event of one. */
class ResponseQueue extends EventQueue {
  #source;
  #options;
  #body;
  /** When the page had its turn last. */
  #since;
  /** A promise while the page has its turn. */
  #turn;
  /** Rings when the page has had its turn by itself, because the network was waited for. */
  #timer;

  constructor(source, options) {
    super();
    this.#source = source;
    this.#options = options;
  }

  next() {
    if (this.#since === undefined) {
      this.#since = Date.now();
      this.#read().catch((error) => this.end(error));
    }
    if (this.isFull) this.#giveWay();
    return super.next();
  }

  end(...error) {
    super.end(...error);
    clearTimeout(this.#timer);
    this.#body?.cancel(...error);
  }

  async #read() {
    if (this.isOver) return;
    const { signal, doneData, ...options } = this.#options;
    const source = this.#source;
    const stream = source instanceof ReadableStream ? source : bodyOf(source);
    await new Promise(withWasm);
    if (this.isOver) return;
    const parser = new EventStreamParser(options);
    const abort = () => {
      this.clear();
      this.end(signal.reason);
    };
    try {
      this.#body = new Body(stream, source);
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      while (!this.isOver) await this.#readChunk(parser, doneData);
    } finally {
      free(parser);
      signal?.removeEventListener('abort', abort);
    }
  }

  async #readChunk(parser, doneData) {
    this.#timer ??= setTimeout(() => { this.#timer = undefined; });
    const { value, done } = await this.#body.read();
    if (this.isOver) return;
    // A turn that nobody needs would cost more than an event.
    if (this.#timer === undefined) this.#since = Date.now();
    if (done) return this.end();
    for (const slice of slices(this.#body.take(value))) {
      const events = parser.feed(slice);
      const last = doneData === undefined ? -1 : events.findIndex(({ data }) => data === doneData);
      for (const event of last < 0 ? events : events.slice(0, last)) this.push(event);
      if (this.isFull) await this.drained();
      if (last >= 0) return this.end();
      // Behind the events there may have been one that was.
      throwIfTooLarge(parser);
      await this.#giveWay();
      if (this.isOver) return;
    }
  }

  #giveWay() {
    if (!this.#turn && Date.now() - this.#since >= TURN) {
      this.hold();
      this.#turn = nextTask().then(() => {
        this.#turn = undefined;
        this.#since = Date.now();
        this.release();
      });
    }
    return this.#turn;
  }
}

/** The body of a response that is an event stream. */
function bodyOf(response) {
  if (!response?.headers) throw new TypeError('events() reads a Response (of an awaited fetch) or a ReadableStream');
  const { status, body } = response;
  const type = response.headers.get('Content-Type') ?? '';
  if (!response.ok) {
    const message = `the server answered with status ${status}, not with an event stream`;
    throw new EventSourceError(message, { reason: 'status', status, response });
  }
  if (!/^[\t\n\r ]*text\/event-stream[\t\n\r ]*(;|$)/i.test(type)) {
    // Only common types are quoted: a server may echo a token in the header.
    const [known = 'another type'] = type.match(/^(text\/(html|plain)|application\/(json|x-ndjson|xml))(?=[\s;]|$)/i) ?? [];
    const message = `the response is not \`text/event-stream\` but \`${known}\`: see \`error.response.headers\``;
    throw new EventSourceError(message, { reason: 'content-type', status, response });
  }
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}
