// Chance that can be repeated: the same seed gives the same throws, on every machine.
import { createHash } from 'node:crypto';

/** Dice of a seed: `between(low, high)` a number, `one(list)` a member, `shuffled(list)` a copy. */
export function dice(seed) {
  let count = 0;
  const throwOne = () => {
    const bytes = createHash('sha256').update(`${seed}/${count++}`).digest();
    return bytes.readUIntBE(0, 6) / 2 ** 48;
  };
  const between = (low, high) => low + throwOne() * (high - low);
  const one = (list) => list[Math.floor(throwOne() * list.length)];
  const shuffled = (list) =>
    list.map((member) => [throwOne(), member]).sort(([a], [b]) => a - b).map(([, member]) => member);
  return { between, one, shuffled };
}
