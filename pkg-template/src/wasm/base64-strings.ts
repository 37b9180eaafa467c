import { strings as text } from '#bindings';

/** Returns the module of strings.wat where the other module is a file. */
export function strings(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
