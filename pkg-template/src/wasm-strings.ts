import { module } from './wasm.ts';

/** What the parser hands out starts with no byte order mark of its own: U+FEFF is text. */
const options = { ignoreBOM: true };
const utf8 = new TextDecoder('utf-8', options);
const utf16 = new TextDecoder('utf-16le', options);

/** Node's, whose methods are far cheaper than a call of a decoder. */
const Bytes = globalThis.Buffer?.prototype.latin1Slice && globalThis.Buffer;

// How the engine likes its strings: see src/bindings/batch.rs.
const MAKES_SHORT = 1;
const MAKES_WIDE = 2;

/** `text` of strings.wat; `null` where the engine has no such strings. */
let makeText;

/** Reads strings out of the memory of WebAssembly, by the fastest way that the engine has. */
export class TextReader {
  #memory;
  #bytes;

  constructor(memory) {
    this.#memory = memory;
    if (!Bytes && makeText === undefined) makeText = instantiate(memory);
    /** SpiderMonkey, which tells itself by this name, is slower at making strings than at decoding UTF-16. */
    this.engine = makeText ? MAKES_SHORT | ('InternalError' in globalThis ? 0 : MAKES_WIDE) : 0;
  }

  /** The text of so many bytes at this address. */
  region(address, length, isUtf16) {
    const bytes = this.bytes();
    const end = address + length;
    if (Bytes) return isUtf16 ? bytes.ucs2Slice(address, end) : bytes.latin1Slice(address, end);
    return (isUtf16 ? utf16 : utf8).decode(bytes.subarray(address, end));
  }

  /** The text between two addresses, UTF-8, behind which is a line end. */
  utf8(start, end) {
    const bytes = this.bytes();
    if (Bytes) return bytes.utf8Slice(start, end);
    // It makes nothing of what is malformed.
    return makeText?.(start, end - start) ?? utf8.decode(bytes.subarray(start, end));
  }

  /** All of the memory. Its old bytes become empty when it grows. */
  bytes() {
    if (!this.#bytes?.length) {
      const { buffer } = this.#memory;
      this.#bytes = Bytes ? Bytes.from(buffer) : new Uint8Array(buffer);
    }
    return this.#bytes;
  }
}

function instantiate(memory) {
  try {
    const [bytes] = WebAssembly.Module.customSections(module, 'strings');
    const maker = new WebAssembly.Module(bytes, { builtins: ['js-string'] });
    return new WebAssembly.Instance(maker, { a: { a: memory } }).exports.text;
  } catch {
    return null;
  }
}
