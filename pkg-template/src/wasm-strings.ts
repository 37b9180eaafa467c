// Strings from WebAssembly memory.
import { strings } from '#bindings';
import { MAKES_SHORT, MAKES_WIDE } from './protocol.ts';

/** Keeps U+FEFF: the parser has removed the byte order mark, so any other is text. */
const options = { ignoreBOM: true };
/** The decoders, which are created on first use: Jest's jsdom has no `TextDecoder`, and Node.js needs none. */
const decoders: { [label: string]: TextDecoder } = {};

function decode(label: 'utf-8' | 'utf-16le', bytes: Uint8Array): string {
  decoders[label] ??= new TextDecoder(label, options);
  return decoders[label].decode(bytes as Uint8Array<ArrayBuffer>);
}

/** The string methods of Node.js's `Buffer`. TypeScript's type declarations of the DOM do not include it. */
interface NodeBuffer extends Uint8Array {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

interface NodeBufferClass {
  readonly prototype: NodeBuffer;
  from(buffer: ArrayBufferLike): NodeBuffer;
}

/** `Buffer` of Node.js, whose methods are much cheaper than a call of a decoder. */
const { Buffer } = globalThis as { Buffer?: NodeBufferClass };
const Bytes = Buffer?.prototype.latin1Slice && Buffer;

type MakeText = (address: number, length: number) => string | null;

/** The function `text` of strings.wat; `null` in engines without `wasm:js-string`. */
let makeText: MakeText | null | undefined;

/** Reads strings from the memory of the WebAssembly, in the fastest way that the engine has. */
export class WasmStrings {
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array | undefined;
  /** Bit flags for the strategies that are fast in this engine. */
  readonly engine: number;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    if (!Bytes && makeText === undefined) makeText = instantiate(memory);
    // SpiderMonkey, the only engine with a global `InternalError`, decodes UTF-16 faster than it creates strings.
    this.engine = makeText ? MAKES_SHORT | ('InternalError' in globalThis ? 0 : MAKES_WIDE) : 0;
  }

  /** Returns `length` bytes at an address as text: UTF-16, or else UTF-8, which in Node.js is always ASCII. */
  region(address: number, length: number, isUtf16: number): string {
    const bytes = this.bytes();
    const end = address + length;
    if (Bytes)
      return isUtf16 ? (bytes as NodeBuffer).ucs2Slice(address, end) : (bytes as NodeBuffer).latin1Slice(address, end);
    return decode(isUtf16 ? 'utf-16le' : 'utf-8', bytes.subarray(address, end));
  }

  /** Returns the UTF-8 between two addresses as text. A line end must follow it. */
  utf8(start: number, end: number): string {
    const bytes = this.bytes();
    if (Bytes) return (bytes as NodeBuffer).utf8Slice(start, end);
    // It returns `null` for malformed UTF-8.
    return makeText?.(start, end - start) ?? decode('utf-8', bytes.subarray(start, end));
  }

  /** Returns the whole memory. The previous view becomes empty when the memory grows. */
  bytes(): Uint8Array {
    if (!this.#bytes?.length) {
      const { buffer } = this.#memory;
      this.#bytes = Bytes ? Bytes.from(buffer) : new Uint8Array(buffer);
    }
    return this.#bytes;
  }
}

function instantiate(memory: WebAssembly.Memory): MakeText | null {
  try {
    const bytes = Uint8Array.from(atob(strings), (c) => c.charCodeAt(0));
    // TypeScript does not know the second parameter yet.
    const Module = WebAssembly.Module as new (
      bytes: BufferSource,
      options: { builtins: string[] },
    ) => WebAssembly.Module;
    const maker = new Module(bytes, { builtins: ['js-string'] });
    return new WebAssembly.Instance(maker, { a: { a: memory } }).exports.text as MakeText;
  } catch {
    return null;
  }
}
