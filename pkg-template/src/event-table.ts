// The table of events that the parser writes in WebAssembly memory, as JavaScript values.
import type { Parser } from '#bindings';
import { COPIED_ID, DATA, ID, IS_UTF16, IS_UTF8, NAME, NOTE } from './protocol.ts';
import { WasmStrings } from './wasm-strings.ts';

// Indices of fields in the table.
const FLAGS = 6;
const RECONNECTION_TIME = 7;
/** The index of the copy of the records, relative to the flags. */
const COPY = 3;

/**
 * Receives one record: an event, a note or a last event ID. `type` is empty if the stream named none. A member that the
 * record does not contain is `undefined`. A record without text only sets the ID. `kind` is the kind of a note. Returns
 * `false` to stop.
 */
export type Visit = (
  isEvent: boolean,
  type: string,
  text: string | undefined,
  id: string | undefined,
  kind: number,
) => unknown;

/**
 * Converts the event tables of the parser to strings.
 *
 * WebAssembly memory moves when it grows, and any callback can make it grow. The view is therefore created again whenever it
 * has become empty.
 */
export class EventTableReader {
  readonly #memory: WebAssembly.Memory;
  #words: Int32Array;
  readonly #strings: WasmStrings;
  /** The names of the event types, by number. The first is the name of events without a type. */
  readonly #types = [''];

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#strings = new WasmStrings(memory);
  }

  /** Parses a chunk, and records the kinds of `notes`. Returns the address of the table. */
  parse(parser: Parser, bytes: Uint8Array, notes: number): number {
    this.#write(parser, bytes);
    return parser.parse(bytes.length, notes, this.#strings.engine);
  }

  /** Starts a new stream. */
  reset(parser: Parser, lastEventId: string): void {
    const bytes = new TextEncoder().encode(lastEventId);
    this.#write(parser, bytes);
    parser.reset(bytes.length);
  }

  #write(parser: Parser, bytes: Uint8Array): void {
    const address = parser.room(bytes.length);
    this.#strings.bytes().set(bytes, address);
  }

  /** Returns the flags of the table at an address. */
  flags(table: number): number {
    return this.#current()[(table >>> 2) + FLAGS]!;
  }

  /** Returns the reconnection time in milliseconds. It is valid if the flags contain `HAS_RETRY`. */
  reconnectionTime(table: number): number {
    const at = (table >>> 2) + RECONNECTION_TIME;
    const [low, high] = this.#current().subarray(at, at + 2);
    return (low! >>> 0) + (high! >>> 0) * 2 ** 32;
  }

  /** Calls `visit` for each record of the table until it returns `false`. Returns the flags if it visited all records. */
  read(table: number, visit: Visit): number | undefined {
    const types = this.#types;
    let words = this.#current();
    let at = table >>> 2;
    let records = words[at++]!;
    const length = words[at++]!;
    const start = words[at++]! >>> 0;
    const bytes = words[at++]!;
    let first = words[at++]!;
    const far = words[at++]! >>> 0;
    const flags = words[at]!;
    let all: string | undefined = '';
    if (flags & (IS_UTF8 | IS_UTF16)) {
      const copy = words[at + COPY]!;
      all = this.#strings.values(flags, start, bytes, copy, copy + 4 * length, start - first);
      // If a value is malformed, each is decoded separately.
      if (all !== undefined) [records, first] = [copy, 0];
    } else if (bytes) all = this.#strings.ascii(start, bytes);
    at = records >>> 2;
    const end = at + length;
    while (at < end) {
      const head = words[at++]!;
      const type = head >>> 8;
      let text: string | undefined, id: string | undefined;
      if (head & DATA) text = this.#value(all, start, (words[at++]! - first) | 0, (words[at++]! - first) | 0);
      // Most records contain only data.
      if (head !== DATA) {
        if (head & ID) id = this.#value(all, start, (words[at++]! - first) | 0, (words[at++]! - first) | 0);
        if (head & COPIED_ID) id = this.#strings.utf8(far + words[at++]!, far + words[at++]!);
        if (head & NOTE) text = this.#strings.utf8(far + words[at++]!, far + words[at++]!);
        if (head & NAME) types[type] = this.#strings.utf8(far + words[at++]!, far + words[at++]!);
      }
      if (visit((head & DATA) === DATA, types[type]!, text, id, type) === false) return undefined;
      if (words.length === 0) words = this.#current();
    }
    return flags;
  }

  #value(all: string | undefined, start: number, from: number, to: number): string {
    if (all !== undefined) return all.slice(from, to);
    return this.#strings.utf8(start + from, start + to);
  }

  #current(): Int32Array {
    if (this.#words.length === 0) this.#words = new Int32Array(this.#memory.buffer);
    return this.#words;
  }
}
