// The WebAssembly as text, which `cargo xtask build` generates. See inline-codec.ts.

/** The byte of each character that stands for one byte. */
export const singles: readonly number[];
/** The number of bytes of the first module. */
export const size: number;
/** The module and the module of strings.wat, one or two printable characters for each byte. */
export const text: string;
