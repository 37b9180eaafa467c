// Many clients through nginx over three nodes on Redis, while a plan goes wrong: in the end each has
// every id of the log exactly once, in order.
import { setTimeout as sleep } from 'node:timers/promises';
import { carryOut } from './acts.mjs';
import { arrived } from './arrived.mjs';
import { startCluster } from './cluster.mjs';
import { openCrowd, stagePages } from './crowd.mjs';
import { dice } from './dice.mjs';
import { plan } from './plan.mjs';
import { until } from './programs.mjs';
import { startPublisher } from './publisher.mjs';
import { judge } from './verdict.mjs';
import { startWire } from './wire.mjs';

/** Tokens and streams that live this many seconds, so that a short run sees many of them end. */
const TTL = 15;
const MAX_AGE = 20;
/** Milliseconds: what the server tells clients to wait, the longest wait, and the silence that is dead. */
const RETRY = 300;
const CLIENT = { ttl: TTL, maxDelay: 2000, heartbeat: 4000 };
const SAMPLE = 500;

/** Runs the plan of `seed` for `seconds`, with so many clients (see `openCrowd`) and `rate` events a
 *  second; then has the log trimmed behind the backs of all clients.
 *  @param say told each act as it begins */
export async function runChaos({ seed, seconds, counts, rate, say = () => {} }) {
  const keep = 200 + 1.5 * rate * seconds;
  const pages = await stagePages();
  const flags = ['--static', pages.folder, '--keep', `${keep}`, '--retry', `${RETRY}`, '--heartbeat', '1', '--max-age', `${MAX_AGE}`, '--max-connections', '0'];
  const cluster = await startCluster(flags);
  const wire = await startWire(cluster.nginx.port);
  const publisher = await startPublisher(cluster.nginx.url, rate);
  try {
    const { from } = await until('the first event', () => cluster.redis.kept().catch(() => undefined));
    const crowd = await openCrowd({ ...CLIENT, url: wire.url }, counts, { pages, seed });
    try {
      await crowd.begun();
      const acts = plan(seed, seconds);
      const timeline = await watched(crowd, () => carryOut({ cluster, wire, dice: dice(`${seed} wire`) }, acts, say));
      const exact = await settled({ cluster, crowd, publisher, from });
      const trimmed = await trim({ cluster, crowd, publisher, wire, keep, from });
      return { seed, seconds, acts, timeline, exact, trimmed, size: crowd.size, browser: crowd.groups.browser?.version };
    } finally {
      await crowd.close();
    }
  } finally {
    await publisher.halt();
    wire.close();
    await cluster.stop();
    await pages.remove();
  }
}

/** Samples how many streams are open while `work` goes on: `[seconds, open]`. */
async function watched(crowd, work) {
  const [timeline, start] = [[], Date.now()];
  let isOver = false;
  const ending = work().finally(() => { isOver = true; });
  while (!isOver) {
    timeline.push([(Date.now() - start) / 1000, (await crowd.state('')).open]);
    await sleep(SAMPLE);
  }
  await ending;
  return timeline;
}

/** Stops the publisher, waits until every client has the last id, and judges each. */
async function settled({ cluster, crowd, publisher, from }, gaps = 0) {
  await publisher.stop();
  const start = Date.now();
  await arrived(cluster, crowd);
  const log = { ...(await cluster.redis.kept()), from };
  const ledgers = await crowd.report();
  const verdicts = Object.fromEntries(ledgers.map((ledger) => [ledger.name, judge(ledger, log, gaps)]));
  const { acknowledged, refused } = publisher;
  return { log, ledgers, verdicts, acknowledged, refused, seconds: (Date.now() - start) / 1000 };
}

/** While no client gets through, more events than the log keeps: each has to be told what it missed. */
async function trim({ cluster, crowd, publisher, wire, keep, from }) {
  const { to } = await cluster.redis.kept();
  wire.isRefusing = true;
  wire.each(1, dice('all'), (line) => line.reset());
  await publisher.burst(keep + 100, cluster.nodes.map(({ url }) => url));
  wire.isRefusing = false;
  const kept = await cluster.redis.kept();
  const result = await settled({ cluster, crowd, publisher, from }, 1);
  return { ...result, missed: kept.from - to - 1 };
}
