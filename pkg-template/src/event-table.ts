import { TextReader } from './wasm-strings.ts';

// The bits of a record's head, each for a pair of numbers; see src/bindings/batch.rs.
const DATA = 1;
const ID = 2;
const FAR_ID = 4;
const COMMENT = 8;
const NAME = 16;

// The bits of the table's flags.
const ONE_BY_ONE = 1;
export const IS_TOO_LARGE = 2;
export const HAS_COMMENT = 8;
export const HAS_ID = 16;
export const HAS_RETRY = 32;
export const HAS_RECORDS = 64;
const IS_UTF16 = 128;

/** Where in the table these are. */
const FLAGS = 6;
const RECONNECTION_TIME = 7;

/**
 * Turns the tables that the core writes into strings.
 *
 * The memory of WebAssembly moves when it grows, which any callback may cause; so the view is made
 * anew where it has become empty.
 */
export class BatchReader {
  #memory;
  #words;
  #texts;
  /** The names of the event types, by number; the first is that of events without one. */
  #types = [''];

  constructor(memory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#texts = new TextReader(memory);
  }

  /** Lets the parser parse these bytes; returns the address of the table. */
  parse(parser, bytes, wantsComments) {
    const place = parser.room(bytes.length);
    this.#texts.bytes().set(bytes, place);
    return parser.parse(bytes.length, wantsComments, this.#texts.engine);
  }

  /** The flags of the table at this address. */
  flags(table) {
    return this.#current()[(table >>> 2) + FLAGS];
  }

  /** In milliseconds, where the flags say that the stream has set it. */
  reconnectionTime(table) {
    const at = (table >>> 2) + RECONNECTION_TIME;
    const [low, high] = this.#current().subarray(at, at + 2);
    return (low >>> 0) + (high >>> 0) * 2 ** 32;
  }

  /**
   * Calls `visit(isEvent, type, text, id)` for each record of the table, until it returns `false`.
   * `type` is empty if the stream named none. What a record does not hold is `undefined`; one without
   * text sets the ID alone. Returns the flags, if it came to the end.
   */
  read(table, visit) {
    const types = this.#types;
    let words = this.#current();
    let at = table >>> 2;
    const records = words[at++] >>> 2;
    const end = records + words[at++];
    const start = words[at++] >>> 0;
    const length = words[at++];
    const first = words[at++];
    const far = words[at++] >>> 0;
    const flags = words[at];
    // With `undefined` each value is made a string by itself.
    const all = length === 0 ? '' : flags & ONE_BY_ONE ? undefined : this.#texts.region(start, length, flags & IS_UTF16);
    at = records;
    while (at < end) {
      const head = words[at++];
      const type = head >>> 8;
      let text, id;
      if (head & DATA) text = this.#value(all, start, (words[at++] - first) | 0, (words[at++] - first) | 0);
      // Most are data alone.
      if (head !== DATA) {
        if (head & ID) id = this.#value(all, start, (words[at++] - first) | 0, (words[at++] - first) | 0);
        if (head & FAR_ID) id = this.#texts.utf8(far + words[at++], far + words[at++]);
        if (head & COMMENT) text = this.#texts.utf8(far + words[at++], far + words[at++]);
        if (head & NAME) types[type] = this.#texts.utf8(far + words[at++], far + words[at++]);
      }
      if (visit((head & DATA) === DATA, types[type], text, id) === false) return undefined;
      if (words.length === 0) words = this.#current();
    }
    return flags;
  }

  #value(all, start, from, to) {
    if (all !== undefined) return all.slice(from, to);
    return this.#texts.utf8(start + from, start + to);
  }

  #current() {
    if (this.#words.length === 0) this.#words = new Int32Array(this.#memory.buffer);
    return this.#words;
  }
}
