import { Parser } from '#bindings';
import { BatchReader, HAS_RETRY, IS_TOO_LARGE } from './event-table.ts';
import { EventSourceError } from './errors.ts';
import { readFunction, readNumber } from './options.ts';
import { withWasm } from './wasm.ts';

const MAX_EVENT_SIZE = 16 * 2 ** 20;

/** The bytes that are parsed at once: a decoder's price for a byte rises with what it is given. */
const SLICE = 32_768;

/** A chunk in pieces that are parsed at once: some engines hand out chunks of megabytes, for which the page would wait. */
export function* slices(chunk) {
  const bytes = bytesOf(chunk);
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}

/** Lets go of the WebAssembly half of a parser that will not be used again. */
export let free;
/** Throws what `feed()` would throw next, if an event was too large. */
export let throwIfTooLarge;

/**
 * The parser of §9.2.6 alone. Feed it bytes; it returns what they complete.
 *
 * It needs the WebAssembly at once, which every engine since 2023 allows.
 */
export class EventStreamParser {
  #parser;
  #reader;
  #lastEventId = '';
  #reconnectionTime;
  #maxEventSize;
  #isTooLarge = false;
  #isFeeding = false;

  constructor({ maxEventSize = MAX_EVENT_SIZE, lastEventId = '' } = {}) {
    this.#maxEventSize = readNumber(maxEventSize, 'maxEventSize');
    let failure = new EventSourceError('the WebAssembly is still being compiled: try again later', { reason: 'wasm' });
    withWasm(
      (memory) => {
        failure = undefined;
        this.#reader = new BatchReader(memory);
        this.#parser = new Parser(Math.min(maxEventSize, 2 ** 31));
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

  /** What the latest `retry` field set, in milliseconds. */
  get reconnectionTime() {
    return this.#reconnectionTime;
  }

  /**
   * Takes a `Uint8Array`, or a string, and returns the events that are complete with it, in
   * order: `{ type, data, lastEventId }`; or calls `onEvent` with each of them. Throws an
   * `EventSourceError` once an event is too large.
   */
  feed(chunk, onEvent) {
    if (this.#isFeeding) throw new DOMException('`onEvent` fed its own parser, or threw: reset() it first', 'InvalidStateError');
    throwIfTooLarge(this);
    const bytes = bytesOf(chunk);
    const events = readFunction(onEvent, 'onEvent') ? undefined : [];
    // Not undone if `onEvent` throws: with the rest of the chunk lost, the next one would continue nothing.
    this.#isFeeding = true;
    // A generator would cost a tenth of what a small chunk does.
    if (bytes.length <= SLICE) this.#parse(bytes, events, onEvent);
    else for (const slice of slices(bytes)) this.#parse(slice, events, onEvent);
    this.#isFeeding = false;
    if (!events?.length) throwIfTooLarge(this);
    return events;
  }

  #parse(bytes, events, onEvent) {
    // It was reset by `onEvent`.
    if (!this.#isFeeding) return;
    let lastEventId = this.#lastEventId;
    const table = this.#reader.parse(this.#parser, bytes, false);
    const flags = this.#reader.read(table, (isEvent, name, data, id) => {
      // At once, for the caller who goes on from there after `onEvent` threw.
      if (id !== undefined) this.#lastEventId = lastEventId = id;
      if (!isEvent) return true;
      const event = { type: name || 'message', data, lastEventId };
      if (events) events.push(event);
      else onEvent(event);
      return this.#isFeeding;
    });
    if (flags & HAS_RETRY) this.#reconnectionTime = this.#reader.reconnectionTime(table);
    this.#isTooLarge ||= (flags & IS_TOO_LARGE) !== 0;
  }

  /** Ends the stream: what is unfinished is dropped. */
  end() {
    const reconnectionTime = this.#reconnectionTime;
    this.reset(this.#lastEventId);
    this.#reconnectionTime = reconnectionTime;
  }

  /** Starts a new stream. */
  reset(lastEventId = '') {
    this.#isFeeding = false;
    this.#lastEventId = String(lastEventId);
    this.#reconnectionTime = undefined;
    this.#isTooLarge = false;
    this.#parser.reset(this.#lastEventId);
  }

  get [Symbol.toStringTag]() {
    return 'EventStreamParser';
  }

  static {
    free = (parser) => parser.#parser.free();
    throwIfTooLarge = (parser) => {
      if (!parser.#isTooLarge) return;
      const message = `an event or a line is larger than ${parser.#maxEventSize} bytes: raise \`maxEventSize\` if the server is to be trusted`;
      throw new EventSourceError(message, { reason: 'too-large' });
    };
  }
}

function bytesOf(chunk) {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError('a chunk must be a Uint8Array, an ArrayBuffer or a string');
}

/** A `TransformStream` from bytes to events. */
export class EventStreamDecoderStream extends TransformStream {
  constructor(options) {
    let parser;
    super({
      async start() {
        await new Promise(withWasm);
        parser = new EventStreamParser(options);
      },
      transform(chunk, controller) {
        parser.feed(chunk, (event) => controller.enqueue(event));
      },
      flush() {
        free(parser);
      },
    });
  }

  get [Symbol.toStringTag]() {
    return 'EventStreamDecoderStream';
  }
}
