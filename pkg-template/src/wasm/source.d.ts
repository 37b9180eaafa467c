// What `#wasm` stands for: one of file.ts, import.ts and inline.ts, by the condition that the bundler is given.

/** Returns the bytes of the WebAssembly, the compiled module, or a promise of the latter. */
export function source(): Uint8Array<ArrayBuffer> | WebAssembly.Module | Promise<WebAssembly.Module>;

/** Returns the bytes of the module of strings.wat. */
export function strings(): Uint8Array<ArrayBuffer>;
