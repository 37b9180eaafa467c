import module from './authenticated_event_source.wasm';

/**
 * The WebAssembly, compiled before the program started: edge runtimes compile none while it runs.
 *
 * @returns {WebAssembly.Module}
 */
export function source() {
  return module;
}
