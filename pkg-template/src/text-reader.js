import { module } from './wasm.js';

/** What the parser hands out starts with no byte order mark of its own: U+FEFF is text. */
const options = { ignoreBOM: true };
const utf8 = new TextDecoder('utf-8', options);
const utf16 = new TextDecoder('utf-16le', options);

/** Node's, whose methods are far cheaper than a call of a decoder. */
const Bytes = globalThis.Buffer?.prototype.latin1Slice && globalThis.Buffer;

/** Below so many bytes a call of a decoder costs more than making each string by itself. */
const SMALL = 384;

/** `text` of strings.wat; `null` where the engine has no such strings. */
let makeText;

/** Reads strings out of the memory of WebAssembly, by the fastest way that the engine has. */
export class TextReader {
  #memory;
  #bytes;

  constructor(memory) {
    this.#memory = memory;
    if (!Bytes && makeText === undefined) makeText = instantiate(memory);
    /** Whether text that is not ASCII is read as UTF-16: one decoding then serves a whole region. SpiderMonkey, which
     *  tells itself by this name, is slower at making strings than at decoding. */
    this.wantsUtf16 = !makeText || 'InternalError' in globalThis;
  }

  /** The text of so many bytes at this address; `undefined` if its values had better be made one by one. */
  region(address, length, isAscii) {
    const bytes = this.bytes();
    const end = address + length;
    if (Bytes) return isAscii ? bytes.latin1Slice(address, end) : bytes.ucs2Slice(address, end);
    if (isAscii ? makeText && length < SMALL : !this.wantsUtf16) return undefined;
    return (isAscii ? utf8 : utf16).decode(bytes.subarray(address, end));
  }

  /** Of a region that is `undefined`, the text of this many bytes at this address. */
  value(address, length) {
    return makeText(address, length) ?? this.utf8(address, address + length);
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
    const [bytes] = WebAssembly.Module.customSections(module, 'strings');
    const maker = new WebAssembly.Module(bytes, { builtins: ['js-string'] });
    return new WebAssembly.Instance(maker, { a: { a: memory } }).exports.text;
  } catch {
    return null;
  }
}
