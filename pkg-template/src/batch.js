import { newTextReader } from './text-reader.js';

// The bits of a record's head, each for a pair of numbers; see src/bindings/batch.rs.
const DATA = 1;
const ID = 2;
const FAR_ID = 4;
const COMMENT = 8;
const NAME = 16;

/**
 * Turns the tables that the core writes into strings.
 *
 * The memory of WebAssembly moves when it grows, which any callback may cause; so the views are
 * made anew where they have become empty.
 */
export class BatchReader {
  #memory;
  #words;
  #texts;
  /** The names of the event types, by number. */
  #types = ['message'];

  constructor(memory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#texts = newTextReader(memory);
  }

  /**
   * Calls `visit(isEvent, type, text, id)` for each record of the table at this address, until it
   * returns `false`. What a record does not hold is `undefined`; one without text sets the ID
   * alone.
   */
  read(table, visit) {
    const types = this.#types;
    let words = this.#current();
    const header = table >>> 2;
    let at = words[header] >>> 2;
    const end = at + words[header + 1];
    const place = words[header + 2] >>> 0;
    const isWide = words[header + 6] === 1;
    const all = words[header + 3] === 0 ? '' : this.#texts.region(place, place + words[header + 3], isWide);
    const first = words[header + 4];
    const far = words[header + 5] >>> 0;
    while (at < end) {
      const head = words[at++];
      let text, id;
      if (head & DATA) text = all.substring((words[at++] - first) | 0, (words[at++] - first) | 0);
      if (head & ID) id = all.substring((words[at++] - first) | 0, (words[at++] - first) | 0);
      if (head & FAR_ID) id = this.#texts.far(far + words[at++], far + words[at++]);
      if (head & COMMENT) text = this.#texts.far(far + words[at++], far + words[at++]);
      if (head & NAME) types[head >>> 8] = this.#texts.far(far + words[at++], far + words[at++]);
      if (visit((head & DATA) === DATA, types[head >>> 8], text, id) === false) return;
      if (words.length === 0) words = this.#current();
    }
  }

  #current() {
    if (this.#words.length === 0) this.#words = new Int32Array(this.#memory.buffer);
    return this.#words;
  }
}
