import base64 from '#wasm-base64';

/** The WebAssembly, inlined: works unchanged in every bundler, runtime and kind of worker. */
export function source() {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
