import module from './authenticated_event_source.wasm';

/** Returns the WebAssembly that was compiled before the program started. Edge runtimes compile none at run time. */
export function source(): WebAssembly.Module {
  return module;
}
