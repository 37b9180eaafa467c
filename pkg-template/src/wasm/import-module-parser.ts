import module from './event_stream_parser.wasm?module';

export { strings } from './base64-strings.ts';

/** Returns the WebAssembly that was compiled before the program started. Vercel's bundlers require `?module` for it. */
export function source(): WebAssembly.Module {
  return module;
}
