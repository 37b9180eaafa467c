import { size, singles, text } from '#bindings.text';
import { decode } from './inline-codec.ts';

/** Both modules, which are decoded on the first call, so importing the package costs nothing. */
let both: Uint8Array<ArrayBuffer> | undefined;

/** Returns the WebAssembly that is part of the script: nothing is fetched, and bundlers need no configuration. */
export function source(): Uint8Array<ArrayBuffer> {
  both ??= decode(singles, text);
  return both.subarray(0, size);
}

/** Returns the module of strings.wat. */
export function strings(): Uint8Array<ArrayBuffer> {
  source();
  return both!.subarray(size);
}
