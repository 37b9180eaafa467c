// Many clients through nginx over three nodes on Redis, while a plan makes everything fail. In the end each client
// has every id of each epoch exactly once, in order, and got a `gap` for each lost log.
import { setTimeout as sleep } from 'node:timers/promises';
import { carryOut } from './acts.mjs';
import { seeded } from './random.mjs';
import { plan } from './plan.mjs';
import { settled, withCrowd } from './stage.mjs';

/** Tokens and streams that live this many seconds, so that a short run sees many of them end. */
const TTL = 15;
const MAX_AGE = 20;
/** Milliseconds: what the server tells clients to wait, the longest wait, and the silence that is dead. */
const RETRY = 300;
const CLIENT = { ttl: TTL, maxDelay: 2000, heartbeat: 4000 };
const SAMPLE = 500;
/** Most events that the log keeps. A client that is further behind has failed, and the trim at the end publishes as
 *  many. */
const MAX_KEEP = 4000;

/** Runs the plan of `seed` for `seconds`, with so many clients (see `openCrowd`) and `rate` events a
 *  second; then has the log trimmed behind the backs of all clients.
 *  @param say told each act as it begins */
export async function runChaos({ seed, seconds, counts, rate, say = () => {} }) {
  const keep = Math.min(200 + 1.5 * rate * seconds, MAX_KEEP);
  const flags = [
    '--keep',
    `${keep}`,
    '--retry',
    `${RETRY}`,
    '--heartbeat',
    '1',
    '--max-age',
    `${MAX_AGE}`,
    '--max-connections',
    '0',
  ];
  return withCrowd({ flags, rate, client: CLIENT, counts, seed }, async (stage) => {
    const { cluster, wire, crowd } = stage;
    await crowd.begun();
    const acts = plan(seed, seconds);
    const timeline = await watched(crowd, () => carryOut({ cluster, wire, random: seeded(`${seed} wire`) }, acts, say));
    const exact = await settled(stage);
    const trimmed = await trim(stage, keep);
    return { seed, seconds, acts, timeline, exact, trimmed, size: crowd.size, browser: crowd.groups.browser?.version };
  });
}

/** Samples how many streams are open while `work` goes on: `[seconds, open]`. */
async function watched(crowd, work) {
  const [timeline, start] = [[], Date.now()];
  let isOver = false;
  const ending = work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    timeline.push([(Date.now() - start) / 1000, (await crowd.state('')).open]);
    await sleep(SAMPLE);
  }
  await ending;
  return timeline;
}

/** While no client gets through, more events than the log keeps: each has to be told what it missed. */
async function trim(stage, keep) {
  const { cluster, publisher, wire } = stage;
  const { to } = await cluster.redis.kept();
  wire.isRefusing = true;
  wire.each(1, seeded('all'), (line) => line.reset());
  await publisher.burst(
    keep + 100,
    cluster.nodes.map(({ url }) => url),
  );
  wire.isRefusing = false;
  const kept = await cluster.redis.kept();
  const result = await settled(stage, 1);
  return { ...result, missed: kept.from - to - 1 };
}
