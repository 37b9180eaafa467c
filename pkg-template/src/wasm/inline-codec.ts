/** Printable characters that the text does not use, because they have a meaning in scripts or HTML. */
const SPECIAL = '"\'\\`$<';

/**
 * Returns the bytes that a text stands for. The encoder is xtask/src/npm/inline.rs.
 *
 * - `singles` has one bit for each byte value, four in a hexadecimal digit: whether one character stands for it.
 * - That character is the byte itself if it is in the alphabet, else the next unused character.
 * - Each remaining character begins a pair. The pairs stand for the other byte values, in order.
 */
export function decode(singles: string, text: string): Uint8Array<ArrayBuffer> {
  const isSingle = (byte: number): number => (parseInt(singles[byte >> 2]!, 16) >> (byte & 3)) & 1;
  const [numbers, byteOf, left, others]: [number[], number[], number[], number[]] = [[], [], [], []];
  let count = 0;
  for (let unit = 32; unit < 127; unit++) {
    if (SPECIAL.includes(String.fromCharCode(unit))) continue;
    numbers[unit] = count++;
    if (isSingle(unit)) byteOf[unit] = unit;
    else left.push(unit);
  }
  for (let byte = 0; byte < 256; byte++) {
    if (!isSingle(byte)) others.push(byte);
    else if (byteOf[byte] !== byte) byteOf[left.shift()!] = byte;
  }
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at++);
    bytes[length++] = byteOf[unit] ?? others[left.indexOf(unit) * count + numbers[text.charCodeAt(at++)]!]!;
  }
  return bytes.subarray(0, length);
}
