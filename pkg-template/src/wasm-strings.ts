// Strings from WebAssembly memory.
import { strings } from '#wasm';
import { HAS_STRING_MAKER, IS_UTF8 } from './protocol.ts';

/** The decoders, which are created on first use: Jest's jsdom has no `TextDecoder`, and Node.js needs none. */
const decoders: { [label: string]: TextDecoder } = {};

function decode(label: 'utf-8' | 'utf-16le', bytes: Uint8Array): string {
  // Keeps U+FEFF: the parser has removed the byte order mark, so any other is text.
  decoders[label] ??= new TextDecoder(label, { ignoreBOM: true });
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

/** The exports of strings.wat. */
interface StringMaker {
  text(address: number, length: number): string | null;
  texts(records: number, end: number, base: number, bytes: number): string | null;
}

/** `null` in engines without `wasm:js-string`. */
let maker: StringMaker | null | undefined;

/** Reads strings from the memory of the WebAssembly, in the fastest way that the engine has. */
export class WasmStrings {
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array | undefined;
  /** What the engine can do. */
  readonly engine: number;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    if (!Bytes && maker === undefined) maker = instantiate(memory);
    this.engine = maker ? HAS_STRING_MAKER : 0;
  }

  /** Returns `length` bytes of ASCII at an address as text. */
  ascii(address: number, length: number): string {
    const bytes = this.bytes();
    const end = address + length;
    return Bytes ? (bytes as NodeBuffer).latin1Slice(address, end) : decode('utf-8', bytes.subarray(address, end));
  }

  /**
   * Returns the in-place values of an event table as one text, for which the offsets in a copy of the records are right.
   * Returns `undefined` if a value is malformed.
   */
  values(flags: number, address: number, length: number, copy: number, end: number, base: number): string | undefined {
    const bytes = this.bytes();
    if (flags & IS_UTF8) return maker?.texts(copy, end, base, length) ?? undefined;
    return Bytes
      ? (bytes as NodeBuffer).ucs2Slice(address, address + length)
      : decode('utf-16le', bytes.subarray(address, address + length));
  }

  /** Returns the UTF-8 between two addresses as text. A line end must follow it. */
  utf8(start: number, end: number): string {
    const bytes = this.bytes();
    if (Bytes) return (bytes as NodeBuffer).utf8Slice(start, end);
    // It returns `null` for malformed UTF-8.
    return maker?.text(start, end - start) ?? decode('utf-8', bytes.subarray(start, end));
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

function instantiate(memory: WebAssembly.Memory): StringMaker | null {
  try {
    // TypeScript does not know the second parameter yet.
    const Module = WebAssembly.Module as new (
      bytes: BufferSource,
      options: { builtins: string[] },
    ) => WebAssembly.Module;
    const module = new Module(strings(), { builtins: ['js-string'] });
    return new WebAssembly.Instance(module, { a: { a: memory } }).exports as unknown as StringMaker;
  } catch {
    return null;
  }
}
