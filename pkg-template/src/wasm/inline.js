import base64 from '#bindings.wasm';

/**
 * The WebAssembly, out of the script itself: nothing to fetch, nothing for a bundler to find.
 * It stays text until somebody asks, so that importing the package costs nothing.
 *
 * @returns {Uint8Array}
 */
export function source() {
  return Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
}
