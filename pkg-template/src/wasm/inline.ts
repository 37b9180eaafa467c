import { singles, text } from '#bindings.text';
import { decode } from './inline-codec.ts';

/**
 * Returns the WebAssembly that is part of the script: nothing is fetched, and bundlers need no configuration. It is
 * decoded on the first call, so importing the package costs nothing.
 */
export function source(): Uint8Array<ArrayBuffer> {
  return decode(singles, text);
}
