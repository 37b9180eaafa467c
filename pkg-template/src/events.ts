// events(): an async iterator over a response or stream that exists already.
import { BodyReader } from './body-reader.ts';
import { readErrorBody } from './error-body.ts';
import { EventSourceError, type ErrorFacts } from './errors.ts';
import type { StreamEvent } from './event-classes.ts';
import { EventQueue, iterator } from './event-queue.ts';
import { EventStreamParser, free, slices, throwIfTooLarge, type ParserOptions } from './parser.ts';
import { withWasm } from './wasm.ts';
import { nextTask } from './yield-to-page.ts';

/** The longest time that the events of a burst block the page, in milliseconds. */
const MAX_TASK = 8;

interface EventsOptions extends ParserOptions {
  /** Cancels the stream. The loop then throws the signal's reason. */
  signal?: AbortSignal;
  /** Ends the stream at an event with this data, for example `'[DONE]'`. The event is not returned. */
  doneData?: string;
}

/**
 * Iterates over the events of an existing `Response` or stream of bytes, for example the answer of a language model.
 * Leaving the loop cancels the stream.
 *
 * @throws {EventSourceError} the response is not an event stream, or an event is too large
 */
export function events(
  source: Response | ReadableStream<Uint8Array>,
  options: EventsOptions = {},
): AsyncIterableIterator<StreamEvent> {
  return iterator(new ResponseQueue(source, options));
}

/** Reads a stream when an event is requested. Not an async generator: engines need several times as long for each event. */
class ResponseQueue extends EventQueue<StreamEvent> {
  readonly #source: Response | ReadableStream<Uint8Array>;
  readonly #options: EventsOptions;
  #body: BodyReader | undefined;
  /** When the page could run last. `undefined` before the first `next()`. */
  #since: number | undefined;
  /** A promise while the page runs. */
  #yielding: Promise<void> | undefined;
  /** Fires when the page has run while the network was awaited. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: Response | ReadableStream<Uint8Array>, options: EventsOptions) {
    super();
    this.#source = source;
    this.#options = options;
  }

  override next(): Promise<IteratorResult<StreamEvent, undefined>> {
    if (this.#since === undefined) {
      this.#since = Date.now();
      this.#read().catch((error) => this.end(error));
    }
    if (this.isFull) void this.#yieldToPage();
    return super.next();
  }

  override end(...error: [error?: unknown]): void {
    super.end(...error);
    clearTimeout(this.#timer);
    this.#body?.cancel(...error);
  }

  async #read(): Promise<void> {
    if (this.isOver) return;
    const { signal, doneData, ...options } = this.#options;
    const source = this.#source;
    const stream = source instanceof ReadableStream ? source : await bodyOf(source);
    await new Promise(withWasm);
    if (this.isOver) return;
    const parser = new EventStreamParser(options);
    const abort = (): void => {
      this.clear();
      this.end(signal!.reason);
    };
    try {
      this.#body = new BodyReader(stream, source as { url?: string });
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      while (!this.isOver) await this.#readChunk(parser, this.#body, doneData);
    } finally {
      free(parser);
      signal?.removeEventListener('abort', abort);
    }
  }

  async #readChunk(parser: EventStreamParser, body: BodyReader, doneData: string | undefined): Promise<void> {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
    });
    const { value, done } = await body.read();
    if (this.isOver) return;
    // Yielding without need would cost more than an event.
    if (this.#timer === undefined) this.#since = Date.now();
    if (done) return this.end();
    for (const slice of slices(body.take(value))) {
      const events = parser.feed(slice);
      const last = doneData === undefined ? -1 : events.findIndex(({ data }) => data === doneData);
      for (const event of last < 0 ? events : events.slice(0, last)) this.push(event);
      if (this.isFull) await this.drained();
      if (last >= 0) return this.end();
      // An oversized event may follow the events that were just delivered. Report it now.
      throwIfTooLarge(parser);
      await this.#yieldToPage();
      if (this.isOver) return;
    }
  }

  #yieldToPage(): Promise<void> | undefined {
    if (!this.#yielding && Date.now() - this.#since! >= MAX_TASK) {
      this.hold();
      this.#yielding = nextTask().then(() => {
        this.#yielding = undefined;
        this.#since = Date.now();
        this.release();
      });
    }
    return this.#yielding;
  }
}

/** Returns the body of a response. Throws if it is not an event stream. */
async function bodyOf(response: Response): Promise<ReadableStream<Uint8Array>> {
  if (!response?.headers) throw new TypeError('events() reads a Response (of an awaited fetch) or a ReadableStream');
  const { status, body } = response;
  const type = response.headers.get('Content-Type') ?? '';
  if (!response.ok) {
    throw await refused(response, 'status', `the server answered with status ${status}, not with an event stream`);
  }
  if (!/^[\t\n\r ]*text\/event-stream[\t\n\r ]*(;|$)/i.test(type)) {
    // Only common types are quoted: a server may echo a token in the header.
    const [known = 'another type'] =
      type.match(/^(text\/(html|plain)|application\/(json|x-ndjson|xml))(?=[\s;]|$)/i) ?? [];
    const message = `the response is not \`text/event-stream\` but \`${known}\`: see \`error.response.headers\``;
    throw await refused(response, 'content-type', message);
  }
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}

async function refused(response: Response, reason: ErrorFacts['reason'], message: string): Promise<EventSourceError> {
  const { status } = response;
  return new EventSourceError(message, { reason, status, response, body: await readErrorBody(response) });
}
