// The parser without a connection: EventStreamParser and EventStreamDecoderStream.
import { Parser } from '#bindings';
import { named } from './class-names.ts';
import { EventSourceError } from './errors.ts';
import type { StreamEvent } from './event-classes.ts';
import { EventTableReader } from './event-table.ts';
import { readFunction, readNumber } from './options.ts';
import { IS_TOO_LARGE, NOTE_COMMENT, NOTE_IGNORED, NOTE_RETRY } from './protocol.ts';
import { withWasm } from './wasm.ts';

const MAX_EVENT_SIZE = 16 * 2 ** 20;

/** The number of bytes that are parsed at once. The cost of a decoder per byte rises with the size of its input. */
const SLICE = 32_768;

/** What the parser accepts. */
export type Bytes = Uint8Array | ArrayBuffer | string;

/** Splits a chunk, because some engines return chunks of megabytes, and parsing one at once would block the page. */
export function* slices(chunk: Bytes): Generator<Uint8Array | string, void> {
  if (typeof chunk === 'string') {
    for (let at = 0; at < chunk.length; at += SLICE) yield chunk.slice(at, at + SLICE);
    return;
  }
  const bytes = bytesOf(chunk);
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}

/** Releases the WebAssembly memory of a parser that is not used again. */
export let free: (parser: EventStreamParser) => void;
/** Throws the error that `feed()` would throw next, if an event was too large. */
export let throwIfTooLarge: (parser: EventStreamParser) => void;

/** A line without effect. */
export interface IgnoredLine {
  /** Why the line has no effect. */
  readonly type: 'unknown-field' | 'invalid-retry';
  /** The name of the field. */
  readonly field: string;
  /** The value of the field. */
  readonly value: string;
  /** The whole line. */
  readonly line: string;
}

/** An event, as `events()` and the parser return it. */
export interface ParsedEvent<Data = string> extends StreamEvent<string, Data> {
  /** The ID in the block of this event; `undefined` if the block has none. */
  readonly id: string | undefined;
  /** Whether the stream named the event type. */
  readonly hasType: boolean;
}

/** Options of `events()` and the parser. */
export interface ParserOptions {
  /** The limit for one event and for one line, in bytes, at most 2 GiB. Default 16 MiB. */
  maxEventSize?: number;
  /** The last event ID at the start. Default `''`. */
  lastEventId?: string;
  /** Receives each comment, without the colon and one space after it, in order with the events. */
  onComment?: (comment: string) => void;
  /** Receives the value of each `retry` field in milliseconds, in order with the events. */
  onRetry?: (milliseconds: number) => void;
  /** Receives each line with an unknown field or an invalid `retry` value. The standard ignores both. */
  onError?: (ignored: IgnoredLine) => void;
}

/** Options of {@link EventStreamParser.reset}. */
export interface ResetOptions {
  /** The last event ID at the start of the new stream. Default `''`. */
  lastEventId?: string;
  /**
   * Parses an unfinished line before, as if a line end followed it. Only `onComment`, `onRetry` and `onError` are called: an
   * event without its blank line is dropped. Default `false`.
   */
  consume?: boolean;
}

/**
 * The parser of WHATWG HTML §9.2.6, without a connection. Cutting the input differently never changes the result.
 *
 * The constructor needs the WebAssembly immediately. It throws an `EventSourceError` (`wasm`) where the WebAssembly is not
 * ready: with `./slim` until a source was open, and in Chromium before 114. {@link events} and
 * {@link EventStreamDecoderStream} wait for it.
 */
export class EventStreamParser {
  #parser!: Parser;
  #reader!: EventTableReader;
  #lastEventId = '';
  #reconnectionTime: number | undefined;
  readonly #maxEventSize: number;
  #isTooLarge = false;
  #isFeeding = false;
  /** The high surrogate at the end of the previous chunk, or `''`. */
  #surrogate = '';
  readonly #callbacks: ParserOptions;
  /** The kinds of notes that the table must contain. */
  readonly #notes: number;

  constructor(options: ParserOptions = {}) {
    const { maxEventSize = MAX_EVENT_SIZE, lastEventId = '', onComment, onRetry, onError } = options;
    for (const [name, callback] of Object.entries({ onComment, onRetry, onError })) readFunction(callback, name);
    this.#callbacks = options;
    this.#notes = NOTE_RETRY | (onComment ? NOTE_COMMENT : 0) | (onError ? NOTE_IGNORED : 0);
    // The methods work without their object: `const { feed } = parser`.
    this.feed = this.feed.bind(this) as typeof this.feed;
    this.end = this.end.bind(this);
    this.reset = this.reset.bind(this);
    this.#maxEventSize = readNumber(maxEventSize, 'maxEventSize');
    let failure: unknown = new EventSourceError('The WebAssembly is still being compiled. Try again later.', {
      reason: 'wasm',
    });
    withWasm(
      (memory) => {
        failure = undefined;
        this.#reader = new EventTableReader(memory);
        this.#parser = new Parser(Math.min(maxEventSize, 2 ** 31));
      },
      (error) => {
        failure = error;
      },
    );
    if (failure) throw failure;
    this.reset(lastEventId);
  }

  /** The last event ID of the stream so far. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** The reconnection time that the latest `retry` field has set, in milliseconds. */
  get reconnectionTime(): number | undefined {
    return this.#reconnectionTime;
  }

  /**
   * Parses the next bytes and returns the events that they complete, in order.
   *
   * @throws {EventSourceError} an event or a line was larger than `maxEventSize`. If events preceded it, the next call
   * throws instead.
   */
  feed(chunk: Uint8Array | ArrayBuffer | string): ParsedEvent[];
  /**
   * Parses the next bytes and calls `onEvent` with each event that they complete. This is faster for many small events.
   * `onEvent` may call `end()` or `reset()`, which drops the rest of the chunk.
   *
   * An exception of `onEvent` is thrown here, and the rest of the chunk is lost. Call `reset()` before the next call;
   * {@link lastEventId} is the ID of the event that `onEvent` rejected.
   *
   * @throws {EventSourceError} an event or a line was larger than `maxEventSize`
   * @throws {DOMException} `InvalidStateError`: `onEvent` called `feed()`, or has thrown and `reset()` was not called
   */
  feed(chunk: Uint8Array | ArrayBuffer | string, onEvent: (event: ParsedEvent) => void): void;
  feed(chunk: Bytes, onEvent?: (event: ParsedEvent) => void): ParsedEvent[] | undefined {
    if (this.#isFeeding)
      throw new DOMException('`onEvent` fed its own parser, or threw. Call reset() first.', 'InvalidStateError');
    throwIfTooLarge(this);
    const events: ParsedEvent[] | undefined = readFunction(onEvent, 'onEvent') ? undefined : [];
    if (this.#surrogate && typeof chunk !== 'string') {
      // The second surrogate is missing.
      this.#surrogate = '';
      this.feed('\ufffd');
    }
    const bytes = typeof chunk === 'string' ? this.#encode(this.#surrogate + chunk) : bytesOf(chunk);
    // Stays true if `onEvent` throws: the rest of the chunk is lost, so the next chunk would continue an incomplete stream.
    this.#isFeeding = true;
    // A generator would add a tenth to the cost of a small chunk.
    if (bytes.length <= SLICE) this.#parse(bytes, events, onEvent);
    else for (const slice of slices(bytes)) this.#parse(slice as Uint8Array, events, onEvent);
    this.#isFeeding = false;
    if (!events?.length) throwIfTooLarge(this);
    return events;
  }

  /** Returns the bytes of a string. A string may end between two surrogates: the first waits for the next string. */
  #encode(text: string): Uint8Array {
    const last = text.length - 1;
    const end = (text.charCodeAt(last) & 0xfc00) === 0xd800 ? last : last + 1;
    this.#surrogate = text.slice(end);
    return new TextEncoder().encode(text.slice(0, end));
  }

  #parse(bytes: Uint8Array, events: ParsedEvent[] | undefined, onEvent?: (event: ParsedEvent) => void): void {
    // `onEvent` has called `reset()`.
    if (!this.#isFeeding) return;
    let lastEventId = this.#lastEventId;
    const table = this.#reader.parse(this.#parser, bytes, this.#notes);
    const flags = this.#reader.read(table, (isEvent, name, data, id, kind) => {
      // Set before the call, so that a caller whose `onEvent` throws can continue from this event.
      if (id !== undefined) this.#lastEventId = lastEventId = id;
      if (!isEvent) {
        if (data !== undefined) this.#note(kind, data);
        return this.#isFeeding;
      }
      const event = { type: name || 'message', data: data!, lastEventId, id, hasType: name !== '' };
      if (events) events.push(event);
      else onEvent!(event);
      return this.#isFeeding;
    })!;
    this.#isTooLarge ||= (flags & IS_TOO_LARGE) !== 0;
  }

  #note(kind: number, text: string): void {
    const { onComment, onRetry, onError } = this.#callbacks;
    if (kind === NOTE_COMMENT) onComment!(text);
    else if (kind === NOTE_RETRY) {
      this.#reconnectionTime = Number(text);
      onRetry?.(this.#reconnectionTime);
    } else {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(text)!;
      const type = field === 'retry' ? 'invalid-retry' : 'unknown-field';
      onError!({ type, field: field!, value: value!, line: text });
    }
  }

  /** Ends the stream. An unfinished event is dropped. The last event ID and the reconnection time stay. */
  end(): void {
    const reconnectionTime = this.#reconnectionTime;
    this.reset(this.#lastEventId);
    this.#reconnectionTime = reconnectionTime;
  }

  /** Starts a new stream, without a reconnection time. The argument is the last event ID or an object of options. */
  reset(options: string | ResetOptions = ''): void {
    const { lastEventId = '', consume }: ResetOptions =
      typeof options === 'object' ? options : { lastEventId: options };
    if (consume && !this.#isFeeding) {
      this.#isFeeding = true;
      this.#parse(new TextEncoder().encode('\n'), []);
    }
    this.#isFeeding = false;
    this.#lastEventId = String(lastEventId);
    this.#reconnectionTime = undefined;
    this.#isTooLarge = false;
    this.#surrogate = '';
    this.#reader.reset(this.#parser, this.#lastEventId);
  }

  /** @internal */
  get [Symbol.toStringTag](): string {
    return 'EventStreamParser';
  }

  static {
    free = (parser) => parser.#parser.free();
    throwIfTooLarge = (parser) => {
      if (!parser.#isTooLarge) return;
      const message = `An event or a line is larger than ${parser.#maxEventSize} bytes. Raise \`maxEventSize\` if you trust the server.`;
      throw new EventSourceError(message, { reason: 'too-large' });
    };
  }
}

function bytesOf(chunk: Exclude<Bytes, string> | ArrayBufferView): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError('The chunk is of another type. Pass a Uint8Array, an ArrayBuffer or a string.');
}

/** The members of a `TransformStream`. */
export interface EventStreamDecoderStream extends TransformStream<Uint8Array | ArrayBuffer | string, ParsedEvent> {}

/**
 * A `TransformStream` from bytes or strings to events. It fails with an `EventSourceError`: `too-large` if an event or a line is
 * larger than `maxEventSize`, `wasm` if the WebAssembly cannot be loaded.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor returns such a stream
export class EventStreamDecoderStream {
  constructor(options?: ParserOptions) {
    let parser: EventStreamParser;
    // The class inherits on first use: Jest's jsdom has no `TransformStream`.
    Object.setPrototypeOf(EventStreamDecoderStream.prototype, TransformStream.prototype);
    const stream = new TransformStream<Bytes, ParsedEvent>({
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
    // biome-ignore lint/correctness/noConstructorReturn: the platform creates the stream
    return Object.setPrototypeOf(stream, new.target.prototype);
  }

  /** @internal */
  get [Symbol.toStringTag](): string {
    return 'EventStreamDecoderStream';
  }
}

named({ EventStreamParser, EventStreamDecoderStream });
