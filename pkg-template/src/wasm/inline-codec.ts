/** Printable characters that the text does without, because they mean something in scripts or HTML. */
const SPECIAL = '"\'\\`$<';

/**
 * The bytes that a text stands for (see xtask/src/package/inlined.rs). `singles` has a bit for each byte that is one
 * character, four in a hexadecimal digit: the character itself if it may be, else the next one that is left. Each
 * character that is left then begins a pair, and the pairs stand for the other bytes, in order.
 */
export function decode(singles, text) {
  const isSingle = (byte) => (parseInt(singles[byte >> 2], 16) >> (byte & 3)) & 1;
  const [numbers, byteOf, left, others] = [[], [], [], []];
  let count = 0;
  for (let unit = 32; unit < 127; unit++) {
    if (SPECIAL.includes(String.fromCharCode(unit))) continue;
    numbers[unit] = count++;
    if (isSingle(unit)) byteOf[unit] = unit;
    else left.push(unit);
  }
  for (let byte = 0; byte < 256; byte++) {
    if (!isSingle(byte)) others.push(byte);
    else if (byteOf[byte] !== byte) byteOf[left.shift()] = byte;
  }
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at++);
    bytes[length++] = byteOf[unit] ?? others[left.indexOf(unit) * count + numbers[text.charCodeAt(at++)]];
  }
  return bytes.subarray(0, length);
}
