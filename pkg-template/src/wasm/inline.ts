import { singles, text } from '#bindings.text';
import { decode } from './inline-codec.ts';

/**
 * The WebAssembly, out of the script itself: nothing to fetch, nothing for a bundler to find.
 * It stays text until somebody asks, so that importing the package costs nothing.
 *
 * @returns {Uint8Array}
 */
export function source() {
  return decode(singles, text);
}
