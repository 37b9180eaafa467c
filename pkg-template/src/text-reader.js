import { strings } from '#bindings.strings';

/** What the parser hands out starts with no byte order mark of its own: U+FEFF is text. */
const options = { ignoreBOM: true };
const utf8 = new TextDecoder('utf-8', options);
const utf16 = new TextDecoder('utf-16le', options);

/** Node's, whose methods are far cheaper than a call of a decoder. */
const Bytes = globalThis.Buffer?.prototype.latin1Slice && globalThis.Buffer;

/** Below so many bytes a call of a decoder costs more than making each string by itself. */
const SMALL = 384;
/** The same for UTF-16; SpiderMonkey alone, which tells itself by this name, is slower at making strings than at decoding. */
const SMALL_WIDE = 'InternalError' in globalThis ? 2 * SMALL : Infinity;

/** See strings.wat; `null` where the engine has no such strings. */
let makers;

/** Reads strings out of the memory of WebAssembly, by the fastest way that the engine has. */
export class TextReader {
  #memory;
  #bytes;

  constructor(memory) {
    this.#memory = memory;
    if (!Bytes && makers === undefined) makers = instantiate(memory);
  }

  /** The text between two addresses, UTF-16 or ASCII; `undefined` if its values had better be made
   *  one by one. */
  region(start, end, isWide) {
    const bytes = this.bytes();
    if (Bytes) return isWide ? bytes.ucs2Slice(start, end) : bytes.latin1Slice(start, end);
    if (makers && end - start < (isWide ? SMALL_WIDE : SMALL)) return undefined;
    return (isWide ? utf16 : utf8).decode(bytes.subarray(start, end));
  }

  /** Of a region that is `undefined`, the text of this many units at this address. */
  value(address, length, isWide) {
    return isWide ? makers.wide(address, length) : makers.ascii(address, length);
  }

  /** The text between two addresses, UTF-8. */
  utf8(start, end) {
    return utf8.decode(this.bytes().subarray(start, end));
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
    const bytes = Uint8Array.from(atob(strings), (unit) => unit.charCodeAt(0));
    const module = new WebAssembly.Module(bytes, { builtins: ['js-string'] });
    return new WebAssembly.Instance(module, { a: { a: memory } }).exports;
  } catch {
    return null;
  }
}
