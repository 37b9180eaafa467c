import { Parser } from '#bindings';
import { BatchReader } from './batch.js';
import { EventSourceError } from './errors.js';
import { readNumber } from './options.js';
import { withWasm } from './wasm.js';

const MAX_EVENT_SIZE = 16 * 2 ** 20;

/**
 * The parser of §9.2.6 alone. Feed it bytes; it returns what they complete.
 *
 * It needs the WebAssembly at once, which every engine since 2023 allows.
 */
export class EventStreamParser {
  #parser;
  #reader;
  #items = [];
  #lastEventId = '';
  #overflow = false;
  #encoder;
  #maxEventSize;

  constructor({ maxEventSize = MAX_EVENT_SIZE, lastEventId = '' } = {}) {
    this.#maxEventSize = readNumber(maxEventSize, 'maxEventSize');
    let failure = new EventSourceError('the WebAssembly is still being compiled: try again later', { reason: 'wasm' });
    withWasm(
      (memory) => {
        failure = undefined;
        this.#reader = new BatchReader(memory);
        this.#parser = new Parser(this.#client(), Math.min(maxEventSize, 2 ** 31));
      },
      (error) => { failure = error; },
    );
    if (failure) throw failure;
    this.reset(lastEventId);
  }

  /** The last event ID of the stream so far. */
  get lastEventId() {
    return this.#lastEventId;
  }

  /**
   * Takes a `Uint8Array`, or a string, and returns the events that are complete with it, in
   * order: `{ type, data, lastEventId }`. Throws an `EventSourceError` once an event is too large.
   */
  feed(chunk) {
    if (this.#overflow) throw this.#tooLarge();
    this.#items = [];
    this.#parser.feed(typeof chunk === 'string' ? (this.#encoder ??= new TextEncoder()).encode(chunk) : bytesOf(chunk));
    if (this.#overflow && this.#items.length === 0) throw this.#tooLarge();
    return this.#items;
  }

  /** Ends the stream: what is unfinished is dropped. */
  end() {
    this.reset();
  }

  /** Starts a new stream. */
  reset(lastEventId = '') {
    this.#overflow = false;
    this.reconnectionTime = undefined;
    this.#lastEventId = String(lastEventId);
    this.#parser.reset(this.#lastEventId);
  }

  get [Symbol.toStringTag]() {
    return 'EventStreamParser';
  }

  #client() {
    return {
      read: (records, recordsLength, text, textLength, dataStart, dataEnd) => {
        const table = { records, recordsLength, text, textLength, dataStart, dataEnd };
        this.#reader.read(table, (kind, type, data, id) => {
          if (id !== undefined) this.#lastEventId = id;
          if (kind === BatchReader.EVENT) this.#items.push({ type: type || 'message', data, lastEventId: this.#lastEventId });
        });
      },
      retry: (milliseconds) => { this.reconnectionTime = milliseconds; },
      tooLarge: () => { this.#overflow = true; },
    };
  }

  #tooLarge() {
    const message = `an event or a line is larger than ${this.#maxEventSize} bytes: raise \`maxEventSize\` if the server is to be trusted`;
    return new EventSourceError(message, { reason: 'too-large' });
  }
}

function bytesOf(chunk) {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError('a chunk must be a Uint8Array, an ArrayBuffer or a string');
}

/** A `TransformStream` from bytes to events. */
export class EventStreamDecoderStream extends TransformStream {
  constructor(options) {
    const parser = new EventStreamParser(options);
    super({
      transform(chunk, controller) {
        for (const event of parser.feed(chunk)) controller.enqueue(event);
      },
      // The last chunk may have held events, and then one that was too large.
      flush: () => { parser.feed(''); },
    });
  }

  get [Symbol.toStringTag]() {
    return 'EventStreamDecoderStream';
  }
}

/**
 * The events of a `Response`, or of a stream of bytes, that is there already: for answers that
 * come once, such as those of language models. Leaving the loop cancels the stream.
 */
export async function* events(source, { signal, doneData, ...options } = {}) {
  const stream = source instanceof ReadableStream ? source : bodyOf(source);
  const parser = new EventStreamParser(options);
  const reader = stream.getReader();
  const abort = () => reader.cancel(signal.reason).catch(() => {});
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    for (;;) {
      const { value, done } = await reader.read();
      signal?.throwIfAborted();
      // The last chunk may have held events, and then one that was too large.
      if (done) return void parser.feed('');
      for (const event of parser.feed(value)) {
        if (doneData !== undefined && event.data === doneData) return;
        yield event;
      }
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    reader.cancel().catch(() => {});
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
    const message = `the response is not \`text/event-stream\` but \`${type}\``;
    throw new EventSourceError(message, { reason: 'content-type', status, response });
  }
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}
