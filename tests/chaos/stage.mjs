// What every run plays on: a cluster, the network before it, a publisher, and a crowd of clients.
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

/** Waits until every client has the last id. A request that its publisher gave up may be stored after
 *  the last one that was answered: so the end of the log is looked up anew each time. */
async function arrived(cluster, crowd) {
  const end = async () => {
    const { epoch, to } = await cluster.redis.kept();
    return `${epoch}-${to}`;
  };
  try {
    await until(
      'every client at the end of the log',
      async () => (await crowd.state(await end())).arrived === crowd.size,
      undefined,
      200,
    );
  } catch (error) {
    const last = await end();
    const behind = (await crowd.report()).filter((ledger) => ledger.last !== last);
    throw new Error(`${error.message}: the log ends with ${last}; ${JSON.stringify(behind)}`);
  }
}
