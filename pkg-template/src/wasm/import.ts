import module from './authenticated_event_source.wasm';

export { strings } from './base64-strings.ts';

/** Returns the WebAssembly that was compiled before the program started. Edge runtimes compile none at run time. */
export function source(): WebAssembly.Module {
  return module;
}
