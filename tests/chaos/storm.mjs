// All clients lose their connection in the same moment: how their returns spread, and whether the
// servers stay inside their limits.
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../lib/programs.mjs';
import { until } from '../lib/wait.mjs';
import { settled, withCrowd } from './stage.mjs';

/** Milliseconds that the servers tell clients to wait: their default. */
const RETRY = 3000;
const CLIENT = { ttl: 3600, maxDelay: 30_000, heartbeat: 60_000 };
const SAMPLE = 250;
/** Events a second: enough to tell who lost one. */
const RATE = 2;

/** Cuts all clients (see `openCrowd`) at once. The servers together hold a fifth more streams than
 *  there are clients, and not one more. */
export async function runStorm({ seed, counts }) {
  const size = counts.native + counts.node + 3 * counts.contexts;
  const limit = Math.ceil((size * 1.2) / 3);
  const flags = ['--keep', '20000', '--retry', `${RETRY}`, '--max-connections', `${limit}`];
  return withCrowd({ flags, rate: RATE, client: CLIENT, counts, seed, isWired: false }, async (stage) => {
    const { cluster, crowd } = stage;
    await until('all clients open', async () => (await crowd.state('')).open === size, 180_000, SAMPLE);
    const before = await figures(cluster);
    const cutAt = Date.now();
    await cluster.nginx.crash();
    await until('the cut', async () => (await crowd.state('')).open < size);
    const samples = await watched(cluster, crowd, cutAt);
    return { seed, size, cutAt, limit, before, samples, ...(await settled(stage)), after: await figures(cluster) };
  });
}

/** Until all are back, and a little longer. */
async function watched(cluster, crowd, cutAt) {
  const samples = [];
  for (let calm = 0; calm < 8; await sleep(SAMPLE)) {
    const { open } = await crowd.state('');
    calm = open === crowd.size ? calm + 1 : 0;
    samples.push({ seconds: (Date.now() - cutAt) / 1000, open, nodes: await figures(cluster) });
    if (Date.now() - cutAt > 120_000) throw new Error(`after two minutes ${open} of ${crowd.size} are back`);
  }
  return samples;
}

/** Of each node: streams open now and ever, requests refused, bytes in memory. */
function figures({ nodes }) {
  return Promise.all(
    nodes.map(async (node) => {
      const [active, opened, rejected, memory] = await Promise.all([
        node.metric('sse_active_connections'),
        node.metric('sse_connections_total'),
        node.metric('sse_rejected_total'),
        residentBytes(node.pid),
      ]);
      return { active, opened, rejected, memory };
    }),
  );
}

/** The first return of each client after the cut: seconds from its loss to its next attempt, and the
 *  wait as a multiple of its own reconnection time, which full jitter spreads evenly over [1, 2]. */
export function returns({ ledgers, cutAt }) {
  const first = ({ name, returns }) => {
    const back = returns.filter(({ lost_at: lostAt, retry }) => lostAt >= cutAt - 50 && retry === 1).at(-1);
    if (!back) return [];
    const wait = back.attempted_at - back.lost_at;
    return [
      {
        name,
        seconds: wait / 1000,
        after: (back.attempted_at - cutAt) / 1000,
        base: back.base / 1000,
        multiple: wait / back.base,
      },
    ];
  };
  return ledgers.flatMap(first);
}

/** Kolmogorov–Smirnov: how far the multiples are from evenly spread over [1, 2], at most, and how
 *  far they would be with one chance in a hundred if they were. */
export function distance(multiples) {
  const sorted = multiples.toSorted((a, b) => a - b);
  const even = (multiple) => Math.min(Math.max(multiple - 1, 0), 1);
  const gaps = sorted.map((multiple, index) =>
    Math.max((index + 1) / sorted.length - even(multiple), even(multiple) - index / sorted.length),
  );
  return { most: Math.max(...gaps), critical: 1.63 / Math.sqrt(sorted.length) };
}
