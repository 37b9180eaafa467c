import module from './event_stream_parser.wasm';

/** Returns the WebAssembly of `./parser`, compiled before the program started. See import.ts. */
export function source(): WebAssembly.Module {
  return module;
}
