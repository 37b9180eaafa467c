// The bits of a record's head; see src/bindings/batch.rs.
const DATA = 1;
const COMMENT = 2;
const ID = 4;
const NAME = 8;

// What the parser hands out starts with no byte order mark of its own: U+FEFF is text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

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
   * Calls `visit(kind, type, data, id)` for each record of a batch, where `id` is `undefined` if
   * the record sets none, until it returns `false`.
   */
  read(table, visit) {
    const { records, recordsLength } = table;
    const words = new Uint32Array(this.#memory.buffer, records, recordsLength).slice();
    const data = this.#region(table.dataStart, table.dataEnd);
    const text = this.#region(table.text, table.text + table.textLength);
    for (let at = 0; at < words.length; ) {
      const head = words[at++];
      const type = head >>> 8;
      let value, id;
      if (head & DATA) value = data(words[at++], words[at++]);
      if (head & COMMENT) value = text(table.text + words[at++], table.text + words[at++]);
      if (head & ID) id = text(table.text + words[at++], table.text + words[at++]);
      if (head & NAME) this.#types[type] = text(table.text + words[at++], table.text + words[at++]);
      if (visit(head & (DATA | COMMENT), this.#types[type], value, id) === false) return;
    }
  }

  /** A function that returns the text between two addresses of a region. */
  #region(start, end) {
    const whole = this.#decode(start, end);
    // As many characters as bytes: each byte made one, so that addresses are offsets.
    if (whole.length === end - start) {
      return (from, to) => whole.substring(from - start, to - start);
    }
    return (from, to) => this.#decode(from, to);
  }

  #decode(start, end) {
    return start === end ? '' : decoder.decode(new Uint8Array(this.#memory.buffer, start, end - start));
  }
}

BatchReader.EVENT = DATA;
BatchReader.COMMENT = COMMENT;
