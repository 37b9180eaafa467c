// The WebAssembly as text, which `cargo xtask build` generates. See inline-codec.ts.

/** One bit for each byte value, four in a hexadecimal digit: whether one character stands for it. */
export const singles: string;
/** The module, one or two printable characters for each byte. */
export const text: string;
