/** The WebAssembly as a file beside this one: smaller, cacheable, compiled while it downloads. */
export function source() {
  return fetch(new URL('./authenticated_event_source.wasm', import.meta.url));
}
