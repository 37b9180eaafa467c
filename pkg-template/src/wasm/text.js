/** Printable characters that the text does without, because they mean something in scripts or HTML. */
const SPECIAL = '"\'\\`$<';

/**
 * The bytes that a text stands for (see xtask/src/package/inlined.rs). `singles` lists, in
 * hexadecimal, the bytes that the first characters stand for; each of the other characters begins
 * a pair, and the pairs stand for the bytes that are left, in order.
 */
export function decode(singles, text) {
  const numbers = [];
  let count = 0;
  for (let unit = 32; unit < 127; unit++) {
    if (!SPECIAL.includes(String.fromCharCode(unit))) numbers[unit] = count++;
  }
  const frequent = singles.match(/../g).map((digits) => parseInt(digits, 16));
  const others = [...Array(256).keys()].filter((byte) => !frequent.includes(byte));
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const number = numbers[text.charCodeAt(at++)];
    const row = number - frequent.length;
    bytes[length++] = row < 0 ? frequent[number] : others[row * count + numbers[text.charCodeAt(at++)]];
  }
  return bytes.subarray(0, length);
}
