// What will go wrong, and when: decided before anything runs, by the seed alone.
import { seeded } from './random.mjs';

/** At the beginning all clients open their first connection in peace, at the end all come back. */
const CALM = 3;

const ACTS = {
  'kill a node': ({ one, between }) => ({ node: one([0, 1, 2]), down: between(0.05, 1.5) }),
  'stop a node': ({ one, between }) => ({ node: one([0, 1, 2]), down: between(0.05, 1.5) }),
  'kill all nodes': ({ between }) => ({ down: between(0.05, 1) }),
  'reload nginx': () => ({}),
  'kill Redis': ({ between }) => ({ down: between(0.05, 1.5) }),
  'stop Redis': ({ between }) => ({ down: between(0.05, 1.5) }),
  'delete the stream': () => ({}),
  'evict the stream': ({ between }) => ({ for: between(0.1, 0.5) }),
  'fill the memory': ({ between }) => ({ for: between(0.1, 1.5) }),
  'fill the disk': ({ between }) => ({ down: between(0.1, 1.5) }),
  'reset connections': ({ between }) => ({ share: between(0.2, 1) }),
  'end connections': ({ between }) => ({ share: between(0.2, 1) }),
  'cut inside a chunk': ({ between }) => ({ share: between(0.2, 1) }),
  'delay all bytes': ({ between }) => ({ by: between(0.05, 0.8), for: between(0.5, 3) }),
  'swallow all bytes': ({ between }) => ({ share: between(0.2, 0.8), for: between(1, 5) }),
  'refuse connections': ({ between }) => ({ for: between(0.2, 2) }),
};

/** The kinds of acts. */
export const KINDS = Object.keys(ACTS);

/** Acts in the order of their time (`at`, in seconds): all kinds in a random order, then again in
 *  another, so dense that each kind comes at least once in `seconds` (15 or more). */
export function plan(seed, seconds) {
  const random = seeded(seed);
  const pause = Math.min((seconds - 2 * CALM) / (KINDS.length + 2), 2);
  const acts = [];
  for (let at = CALM; at < seconds - CALM; ) {
    for (const kind of random.shuffled(KINDS)) {
      acts.push({ at, kind, ...ACTS[kind](random) });
      at += random.between(0.7 * pause, 1.3 * pause);
    }
  }
  return acts.filter(({ at }) => at < seconds - CALM);
}
