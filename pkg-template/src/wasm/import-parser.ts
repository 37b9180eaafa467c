import module from './event_stream_parser.wasm';

export { strings } from './base64-strings.ts';

/** Returns the WebAssembly of `./parser`, compiled before the program started. See import.ts. */
export function source(): WebAssembly.Module {
  return module;
}
