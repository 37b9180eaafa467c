/**
 * The WebAssembly, from the file beside the script: cached by itself, compiled while it arrives.
 * Bundlers know this form of address, and copy the file to where the script will look for it.
 *
 * @returns {Promise<Response>}
 */
export function source() {
  return fetch(new URL('./authenticated_event_source.wasm', import.meta.url));
}
