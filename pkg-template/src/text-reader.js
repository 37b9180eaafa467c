const { Buffer } = globalThis;

/** What the parser hands out starts with no byte order mark of its own: U+FEFF is text. */
const options = { ignoreBOM: true };

/** Reads strings out of the memory of WebAssembly, by the fastest way that the engine has. */
export function newTextReader(memory) {
  return Buffer?.prototype.latin1Slice ? new BufferReader(memory) : new DecoderReader(memory);
}

/** For browsers. */
class DecoderReader {
  #memory;
  #bytes;
  #utf8 = new TextDecoder('utf-8', options);
  #utf16 = new TextDecoder('utf-16le', options);

  constructor(memory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** The text between two addresses: UTF-16, else ASCII. */
  region(start, end, isWide) {
    return isWide ? this.#utf16.decode(this.#view(start, end)) : this.far(start, end);
  }

  /** The text between two addresses, in UTF-8. */
  far(start, end) {
    return this.#utf8.decode(this.#view(start, end));
  }

  #view(start, end) {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes.subarray(start, end);
  }
}

/** For Node and those like it, where a call of a decoder is dear. */
class BufferReader {
  #memory;
  #bytes;

  constructor(memory) {
    this.#memory = memory;
    this.#bytes = Buffer.from(memory.buffer);
  }

  region(start, end, isWide) {
    const bytes = this.#current();
    return isWide ? bytes.ucs2Slice(start, end) : bytes.latin1Slice(start, end);
  }

  far(start, end) {
    return this.#current().utf8Slice(start, end);
  }

  #current() {
    if (this.#bytes.length === 0) this.#bytes = Buffer.from(this.#memory.buffer);
    return this.#bytes;
  }
}
