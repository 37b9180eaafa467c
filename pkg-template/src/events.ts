// events(): an async iterator over a response or stream that exists already.
import { onAbort } from './abort-listeners.ts';
import { BodyReader } from './body-reader.ts';
import { monotonic } from './clock.ts';
import { readErrorBody } from './error-body.ts';
import { EventSourceError, notParsed, type ErrorFacts } from './errors.ts';
import { EventQueue, iterator } from './event-queue.ts';
import { readParse, readUntil, type ParseFunction, type StandardSchema } from './options.ts';
import { EventStreamParser, free, slices, throwIfTooLarge, type ParsedEvent, type ParserOptions } from './parser.ts';
import { endedEarly, isLast, type Until } from './until.ts';
import { withWasm } from './wasm.ts';
import { nextTask } from './yield-to-page.ts';

/** The longest time that the events of a burst block the page, in milliseconds. */
const MAX_TASK = 8;

/** Options of {@link events}. */
export interface EventsOptions<Data = string> extends ParserOptions {
  /** Cancels the stream. The loop then throws the signal's reason. */
  signal?: AbortSignal;
  /**
   * Marks the last event, which ends the loop and cancels the stream.
   *
   * - A string: the event with exactly this data, for example `'[DONE]'`. It is not returned.
   * - A function: the event for which it returns `true`. It is returned.
   *
   * If the stream ends before that event, the loop throws an `EventSourceError` with the reason `end`.
   */
  until?: Until<ParsedEvent>;
  /**
   * Parses the data of each event: `'json'`, a function, or a Standard Schema. If that fails, the loop throws an
   * `EventSourceError` with the reason `parse`, after the events before. `until` receives the text.
   */
  parse?: ParseEvent<Data>;
}

/** How `events()` parses the data of an event. */
export type ParseEvent<Data> = 'json' | ((data: string, event: ParsedEvent) => Data) | StandardSchema<Data>;

/** What {@link events} reads. */
export type EventsSource = Response | ReadableStream<Uint8Array>;

/**
 * Iterates over the events of an existing `Response` or stream of bytes, for example the answer of a language model.
 * Leaving the loop cancels the stream.
 *
 * @param source a response or a stream, or a promise of one
 * @throws {EventSourceError} the response is not an event stream; an event is too large; the connection broke (`network`);
 * the stream ended before the event that `until` marks (`end`); the data of an event did not parse (`parse`)
 */
export function events(
  source: EventsSource | Promise<EventsSource>,
  // biome-ignore lint/suspicious/noExplicitAny: the same type as that of JSON.parse
  options: EventsOptions<any> & { parse: 'json' },
  // biome-ignore lint/suspicious/noExplicitAny: the same type as that of JSON.parse
): AsyncIterableIterator<ParsedEvent<any>>;
export function events<Data = string>(
  source: EventsSource | Promise<EventsSource>,
  options?: EventsOptions<Data>,
): AsyncIterableIterator<ParsedEvent<Data>>;
export function events(
  source: EventsSource | Promise<EventsSource>,
  options: EventsOptions<unknown> = {},
): AsyncIterableIterator<ParsedEvent<unknown>> {
  const queue = new ResponseQueue(source, options);
  return iterator(queue, () => queue.start());
}

/** Reads a stream when an event is requested. Not an async generator: engines need several times as long for each event. */
class ResponseQueue extends EventQueue<ParsedEvent<unknown>> {
  readonly #source: EventsSource | Promise<EventsSource>;
  readonly #options: Omit<EventsOptions, 'until' | 'parse'>;
  readonly #parse: ParseFunction<ParsedEvent> | undefined;
  readonly #until: Until<ParsedEvent> | undefined;
  #body: BodyReader | undefined;
  /** When the page could run last. `undefined` before the first `next()`. */
  #since: number | undefined;
  /** A promise while the page runs. */
  #yielding: Promise<void> | undefined;
  /** Fires when the page has run while the network was awaited. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: EventsSource | Promise<EventsSource>, { until, parse, ...options }: EventsOptions<unknown>) {
    super();
    this.#source = source;
    this.#options = options;
    this.#until = readUntil(until);
    this.#parse = readParse(parse);
  }

  /** Reads the stream, or cancels it if the loop was left before. */
  start(): void {
    if (this.#since !== undefined) return;
    this.#since = monotonic();
    this.#read().catch((error) => this.end(error));
  }

  override next(): Promise<IteratorResult<ParsedEvent<unknown>, undefined>> {
    this.start();
    if (this.isFull) void this.#yieldToPage();
    return super.next();
  }

  override end(...error: [error?: unknown]): void {
    super.end(...error);
    clearTimeout(this.#timer);
    this.#body?.cancel(...error);
  }

  async #read(): Promise<void> {
    const { signal, ...options } = this.#options;
    const source = await this.#source;
    // Not `instanceof`: test environments and polyfills have streams of several classes.
    const { getReader } = (source ?? {}) as Partial<ReadableStream>;
    const stream = getReader ? (source as ReadableStream<Uint8Array>) : await bodyOf(source as Response);
    await new Promise(withWasm);
    if (this.isOver) return stream.cancel();
    const parser = new EventStreamParser(options);
    let ignoreSignal: (() => void) | undefined;
    try {
      this.#body = new BodyReader(stream, source);
      signal?.throwIfAborted();
      ignoreSignal = onAbort(signal, () => {
        this.clear();
        this.end(signal!.reason);
      });
      while (!this.isOver) await this.#readChunk(parser, this.#body);
    } finally {
      free(parser);
      ignoreSignal?.();
    }
  }

  async #readChunk(parser: EventStreamParser, body: BodyReader): Promise<void> {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
    });
    const { value, done } = await body.read().catch(throwNetworkError);
    if (this.isOver) return;
    // Yielding without need would cost more than an event.
    if (this.#timer === undefined) this.#since = monotonic();
    const until = this.#until;
    if (done) return until === undefined ? this.end() : this.end(endedEarly());
    for (const slice of slices(body.take(value))) {
      const events = parser.feed(slice);
      const last = until === undefined ? -1 : events.findIndex((event) => isLast(until, event));
      const end = typeof until === 'function' ? last + 1 : last;
      for (const event of last < 0 ? events : events.slice(0, end)) this.push(this.#parsed(event));
      if (this.isFull) await this.drained();
      if (last >= 0) return this.end();
      // An oversized event may follow the events that were just delivered. Report it now.
      throwIfTooLarge(parser);
      await this.#yieldToPage();
      if (this.isOver) return;
    }
  }

  #parsed(event: ParsedEvent): ParsedEvent<unknown> {
    const parse = this.#parse;
    if (!parse) return event;
    try {
      return { ...event, data: parse(event.data, event) };
    } catch (cause) {
      throw notParsed(event.type, cause);
    }
  }

  #yieldToPage(): Promise<void> | undefined {
    if (!this.#yielding && monotonic() - this.#since! >= MAX_TASK) {
      this.hold();
      this.#yielding = nextTask().then(() => {
        this.#yielding = undefined;
        this.#since = monotonic();
        this.release();
      });
    }
    return this.#yielding;
  }
}

/** Throws an error of this package for a connection that broke. An abort of the caller stays what it is. */
function throwNetworkError(cause: unknown): never {
  if (/^(Abort|Timeout)Error$/.test((cause as Error | undefined)?.name ?? '')) throw cause;
  throw new EventSourceError('The connection broke. Send the request again.', {
    reason: 'network',
    cause,
  });
}

/** Returns the body of a response. Throws if it is not an event stream. */
async function bodyOf(response: Response): Promise<ReadableStream<Uint8Array>> {
  if (!response?.headers)
    throw new TypeError('The argument of events() must be a Response, a ReadableStream, or a promise of one');
  const { status, body } = response;
  const type = response.headers.get('Content-Type') ?? '';
  if (!response.ok) {
    throw await refused(response, 'status', `The server answered with status ${status}. See \`error.body\`.`);
  }
  if (!/^\s*text\/event-stream\s*([\s;,]|$)/i.test(type)) {
    // Only common types are quoted: a server may echo a token in the header.
    const [known = 'another type'] =
      type.match(/^(text\/(html|plain)|application\/(json|x-ndjson|xml))(?=[\s;]|$)/i) ?? [];
    const message = `The response is \`${known}\`, not \`text/event-stream\`. See \`error.body\`.`;
    throw await refused(response, 'content-type', message);
  }
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}

async function refused(response: Response, reason: ErrorFacts['reason'], message: string): Promise<EventSourceError> {
  const { status } = response;
  return new EventSourceError(message, { reason, status, response, body: await readErrorBody(response) });
}
