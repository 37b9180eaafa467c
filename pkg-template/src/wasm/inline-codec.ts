/** The characters of the text: printable ASCII, except those with a meaning in scripts or HTML. */
const ALPHABET = Array.from({ length: 95 }, (_, at) => 32 + at).filter(
  (unit) => !'"\'\\`$<'.includes(String.fromCharCode(unit)),
);

/**
 * Returns the bytes that a text stands for. The encoder is xtask/src/npm/inline.rs. `singles` has the byte of each
 * character, except the last characters of the alphabet. These begin pairs, which stand for the other bytes in order.
 */
export function decode(singles: readonly number[], text: string): Uint8Array<ArrayBuffer> {
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !singles.includes(byte));
  const indexOf: number[] = [];
  for (const [index, unit] of ALPHABET.entries()) indexOf[unit] = index;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const index = indexOf[text.charCodeAt(at++)]!;
    const single = singles[index];
    if (single !== undefined) bytes[length++] = single;
    else bytes[length++] = others[(index - singles.length) * ALPHABET.length + indexOf[text.charCodeAt(at++)]!]!;
  }
  return bytes.subarray(0, length);
}
