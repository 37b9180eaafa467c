import { length, offset, text } from '#module';

// The form is described, and written, in xtask/src/package/text.rs.
const CHARACTERS = 91;
const SINGLE = CHARACTERS - 2;

/**
 * The WebAssembly, out of the script itself: nothing to fetch, nothing for a bundler to find.
 * It stays text until somebody asks, so that importing the package costs nothing.
 *
 * @returns {Uint8Array}
 */
export function source() {
  // Bytes and a table, since this loop runs once, before any engine has optimised it.
  const codes = new TextEncoder().encode(text);
  const values = Uint8Array.from({ length: 127 }, (_, code) => code - (code > 92 ? 36 : 35));
  const bytes = new Uint8Array(length);
  for (let at = 0, next = 0; at < length; at++) {
    let value = values[codes[next++]];
    if (value >= SINGLE) value = SINGLE + (value - SINGLE) * CHARACTERS + values[codes[next++]];
    bytes[at] = value + offset;
  }
  return bytes;
}
