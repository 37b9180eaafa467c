// Repeatable randomness: the same seed gives the same choices on every machine.
import { createHash } from 'node:crypto';

/** Returns the random choices of a seed: `between(low, high)` a number, `one(list)` a member, `shuffled(list)` a copy. */
export function seeded(seed) {
  let count = 0;
  const next = () => {
    const bytes = createHash('sha256').update(`${seed}/${count++}`).digest();
    return bytes.readUIntBE(0, 6) / 2 ** 48;
  };
  const between = (low, high) => low + next() * (high - low);
  const one = (list) => list[Math.floor(next() * list.length)];
  const shuffled = (list) =>
    list
      .map((member) => [next(), member])
      .sort(([a], [b]) => a - b)
      .map(([, member]) => member);
  return { between, one, shuffled };
}
