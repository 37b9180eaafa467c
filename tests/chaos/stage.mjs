// What every run plays on: a cluster, the network before it, a publisher, and a crowd of clients.
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../lib/cluster.mjs';
import { until } from '../lib/wait.mjs';
import { openCrowd, stagePages } from './crowd.mjs';
import { startPublisher } from './publisher.mjs';
import { judge } from './verdict.mjs';
import { startWire } from './wire.mjs';

/** Opens all of it for `work`, and clears it away however that ends.
 *  @param flags of each node
 *  @param rate events a second
 *  @param client what each client is told; `counts` how many there are (see `openCrowd`)
 *  @param isWired whether the clients reach nginx through a wire that can be cut */
export async function withCrowd({ flags, rate, client, counts, seed, isWired = true }, work) {
  const undo = [];
  const made = (thing, clear) => {
    undo.unshift(() => clear(thing));
    return thing;
  };
  try {
    const pages = made(await stagePages(), (pages) => pages.remove());
    const cluster = made(
      await startCluster(['--metrics-interval', '0', '--static', pages.folder, ...flags], { isDurable: true }),
      (cluster) => cluster.kill(),
    );
    const wire = isWired ? made(await startWire(cluster.nginx.port), (wire) => wire.close()) : undefined;
    const publisher = made(await startPublisher(cluster.nginx.url, rate), (publisher) => publisher.halt());
    const first = await until('the first event', () => cluster.redis.kept().catch(() => undefined));
    const { url } = wire ?? cluster.nginx;
    const crowd = made(await openCrowd({ ...client, url }, counts, { pages, seed }), (crowd) => crowd.close());
    return await work({ cluster, wire, publisher, first, crowd });
  } finally {
    await clearAll(undo);
  }
}

/** Each, also where the one before it could not be cleared away. */
async function clearAll([clear, ...rest]) {
  try {
    await clear?.();
  } finally {
    if (rest.length > 0) await clearAll(rest);
  }
}

/** Stops the publisher, waits until every client has the last id, and judges each.
 *  @param holes how often the log was trimmed while no client was connected */
export async function settled({ cluster, crowd, publisher, first }, holes = 0) {
  await publisher.stop();
  const start = Date.now();
  await arrived(cluster, crowd);
  const { epoch, to } = await cluster.redis.kept();
  const log = { first, epoch, to };
  const ledgers = await crowd.report();
  const verdicts = Object.fromEntries(ledgers.map((ledger) => [ledger.name, judge(ledger, log, holes)]));
  const { acknowledged, refused, reused } = publisher;
  const lastOfEpochs = publisher.lastOfEpochs();
  const isStored = (lastOfEpochs.get(epoch) ?? 0) <= to;
  const seconds = (Date.now() - start) / 1000;
  return { log, ledgers, verdicts, acknowledged, refused, reused, epochs: lastOfEpochs.size, isStored, seconds };
}

/** Milliseconds after which clients that receive nothing count as stopped, and between two looks at them. */
const STANDSTILL = 60_000;
const LOOK = 5000;

/** Waits until every client has the last id, however long that takes on a busy machine, as long as some client
 *  still receives events. A publish request that was given up may still be stored after the last acknowledged
 *  event, so the end of the log is read again each time. */
async function arrived(cluster, crowd) {
  const end = async () => {
    const { epoch, to } = await cluster.redis.kept();
    return `${epoch}-${to}`;
  };
  let [seen, seenAt, lookAt] = ['', Date.now(), Date.now() + LOOK];
  while ((await crowd.state(await end())).arrived < crowd.size) {
    await sleep(200);
    if (Date.now() < lookAt) continue;
    const now = JSON.stringify((await crowd.report()).map(({ last }) => last));
    if (now !== seen) [seen, seenAt] = [now, Date.now()];
    if (Date.now() > seenAt + STANDSTILL) throw new Error(await standstill(await end(), crowd));
    lookAt = Date.now() + LOOK;
  }
}

async function standstill(last, crowd) {
  const behind = (await crowd.report()).filter((ledger) => ledger.last !== last);
  return `no client received an event for ${STANDSTILL / 1000} s: the log ends with ${last}; ${JSON.stringify(behind)}`;
}
