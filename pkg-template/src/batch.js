// The bits of a record's head; see src/bindings/batch.rs.
const DATA = 1;
const COMMENT = 2;
const ID = 4;
const NAME = 8;

// What the parser hands out starts with no byte order mark of its own: U+FEFF is text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/**
 * Turns the tables that the core writes into strings.
 *
 * The memory of WebAssembly moves when it grows, which any callback may cause; so the strings are
 * made from copies, or the views are made anew.
 */
export class BatchReader {
  #memory;
  /** The names of the event types, by number. */
  #types = [];

  constructor(memory) {
    this.#memory = memory;
  }

  /**
   * Calls `visit(kind, type, data, id)` for each record of a batch until it returns `false`. `type`
   * is empty if the stream named none, `id` is `undefined` if the record sets none.
   */
  read(table, visit) {
    const { records, recordsLength, text: base } = table;
    const words = new Uint32Array(this.#memory.buffer, records, recordsLength).slice();
    const data = new Region(this.#memory, table.dataStart, table.dataEnd);
    const text = new Region(this.#memory, base, base + table.textLength);
    for (let at = 0; at < words.length; ) {
      const head = words[at++];
      const type = head >>> 8;
      let value, id;
      if (head & DATA) value = data.text(words[at++], words[at++]);
      if (head & COMMENT) value = text.text(base + words[at++], base + words[at++]);
      if (head & ID) id = text.text(base + words[at++], base + words[at++]);
      if (head & NAME) this.#types[type] = text.text(base + words[at++], base + words[at++]);
      if (visit(head & (DATA | COMMENT), this.#types[type], value, id) === false) return;
    }
  }
}

/** A part of the memory that is decoded at once, since each call of a decoder is dear. */
class Region {
  #start;
  /** All of it; `undefined` if it is not all UTF-8. */
  #whole;
  /** A copy, where bytes and UTF-16 units differ in number. */
  #bytes;
  /** How many units the first bytes are. */
  #byte = 0;
  #unit = 0;

  constructor(memory, start, end) {
    this.#start = start;
    const bytes = new Uint8Array(memory.buffer, start, end - start);
    try {
      this.#whole = start === end ? '' : strict.decode(bytes);
    } catch {
      // What is not UTF-8 may be an unknown field between the values, or one of them.
    }
    // As many units as bytes: each byte made one, so that addresses are offsets.
    if (this.#whole?.length !== bytes.length) this.#bytes = bytes.slice();
  }

  /** The text between two addresses, which come in order. */
  text(from, to) {
    const start = from - this.#start;
    const end = to - this.#start;
    if (!this.#bytes) return this.#whole.substring(start, end);
    if (this.#whole === undefined) return decoder.decode(this.#bytes.subarray(start, end));
    const unit = this.#unitsBefore(start);
    return this.#whole.substring(unit, this.#unitsBefore(end));
  }

  /** A byte that continues a character is no unit, one that begins a pair of surrogates is two. */
  #unitsBefore(end) {
    const bytes = this.#bytes;
    let unit = this.#unit;
    for (let at = this.#byte; at < end; at++) {
      const byte = bytes[at];
      if ((byte & 0xc0) !== 0x80) unit += byte < 0xf0 ? 1 : 2;
    }
    this.#byte = end;
    this.#unit = unit;
    return unit;
  }
}

BatchReader.EVENT = DATA;
BatchReader.COMMENT = COMMENT;
