// Hours in little: tokens, streams and log files that live for seconds, connections that are cut all
// the time, and what browser and servers hold in memory meanwhile.
import { appendFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { arrived } from './arrived.mjs';
import { startCluster } from './cluster.mjs';
import { openCrowd, stagePages } from './crowd.mjs';
import { dice } from './dice.mjs';
import { residentBytes, until } from './programs.mjs';
import { startPublisher } from './publisher.mjs';
import { judge } from './verdict.mjs';
import { startWire } from './wire.mjs';

/** Seconds: tokens and streams live a sixtieth of what they do by default, or less. */
const TTL = 15;
const MAX_AGE = 15;
const ROTATION = 5;
const CUT = 5;
const RATE = 20;
const CLIENT = { ttl: TTL, maxDelay: 2000, heartbeat: 4000 };

/** Runs for `minutes` with so many clients (see `openCrowd`).
 *  @param kept told the result so far, after each sample */
export async function runSoak({ minutes, seed, counts, kept }) {
  const pages = await stagePages();
  const log = join(pages.folder, 'soak.log');
  await appendFile(log, '');
  const flags = ['--static', pages.folder, '--tail', log, '--keep', '5000', '--retry', '300', '--heartbeat', '1', '--max-age', `${MAX_AGE}`, '--max-connections', '0'];
  const cluster = await startCluster(flags);
  // The lines of a file are numbered by the node that reads it, so their reader stays with one node.
  const [wire, lineWire] = [await startWire(cluster.nginx.port), await startWire(cluster.nodes[0].port)];
  const publisher = await startPublisher(cluster.nginx.url, RATE);
  const stop = new AbortController();
  try {
    const { from } = await until('the first event', () => cluster.redis.kept().catch(() => undefined));
    const crowd = await openCrowd({ ...CLIENT, url: wire.url }, counts, { pages, seed });
    try {
      await crowd.begun();
      // The last tab is of another origin: the policy of the nodes' own page allows no other server.
      const reader = await readLines(crowd.groups.browser.tabs.at(-1), lineWire.url, TTL);
      const lines = writeLines(log, stop.signal);
      const cuts = cutAgainAndAgain([wire, lineWire], seed, stop.signal);
      const samples = [];
      const start = Date.now();
      const end = start + minutes * 60_000;
      const pause = Math.max((minutes * 60_000) / 240, 2000);
      while (Date.now() < end) {
        samples.push({ minute: (Date.now() - start) / 60_000, ...(await sample(cluster, crowd)) });
        await kept({ samples, minutes: (Date.now() - start) / 60_000 });
        await sleep(pause);
      }
      stop.abort();
      await publisher.stop();
      await arrived(cluster, crowd);
      const written = await lines;
      const read = await until('the last line', async () => {
        const so = await reader();
        return so.last === written.lines && so;
      }, undefined, 200);
      const whole = { ...(await cluster.redis.kept()), from };
      const ledgers = await crowd.report();
      const verdicts = Object.fromEntries(ledgers.map((ledger) => [ledger.name, judge(ledger, whole)]));
      return { minutes, seed, samples, log: whole, ledgers, verdicts, lines: { ...written, ...read }, cuts: await cuts, size: crowd.size };
    } finally {
      await crowd.close();
    }
  } finally {
    stop.abort();
    await publisher.halt();
    wire.close();
    lineWire.close();
    await cluster.stop();
    await pages.remove();
  }
}

/** Numbered lines, and another file every few seconds. */
async function writeLines(log, signal) {
  let [lines, files] = [0, 1];
  for (const start = Date.now(); !signal.aborted; await sleep(50)) {
    lines += 1;
    await appendFile(log, `line ${lines}\n`);
    if ((Date.now() - start) / 1000 < files * ROTATION) continue;
    await rm(`${log}.1`, { force: true });
    await rename(log, `${log}.1`);
    files += 1;
  }
  return { lines, files };
}

/** A source over /logs in the tab, which checks that the lines come one after another. */
async function readLines(tab, url, ttl) {
  await tab.evaluate(([url, ttl]) => readNumberedLines(url, ttl), [url, ttl]);
  return () => tab.evaluate(() => numberedLines);
}

async function cutAgainAndAgain(wires, seed, signal) {
  const throws = dice(`${seed} soak`);
  let cuts = 0;
  for (;;) {
    await sleep(CUT * 1000, undefined, { signal }).catch(() => {});
    if (signal.aborted) return cuts;
    for (const wire of wires) cuts += wire.each(0.3, throws, (line) => line.reset());
  }
}

/** Bytes that are held: in the tabs after a collection of garbage, and by each process. */
async function sample(cluster, crowd) {
  const tabs = await Promise.all(crowd.groups.browser.tabs.map(inTab));
  const mean = (member) => tabs.reduce((sum, tab) => sum + tab[member], 0) / tabs.length;
  const nodes = await Promise.all(cluster.nodes.map(({ pid }) => residentBytes(pid)));
  return {
    heap: mean('heap'),
    wasm: mean('wasm'),
    listeners: mean('listeners'),
    domNodes: mean('nodes'),
    server: nodes.reduce((sum, bytes) => sum + bytes, 0) / nodes.length,
    redis: await residentBytes(cluster.redis.pid),
    swarm: await residentBytes(crowd.groups.native.pid),
    open: (await crowd.state('')).open,
  };
}

async function inTab(tab) {
  const devtools = await tab.context().newCDPSession(tab);
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { jsEventListeners, nodes } = await devtools.send('Memory.getDOMCounters');
  await devtools.detach();
  return { heap: usedSize, wasm: await tab.evaluate(() => wasmBytes()), listeners: jsEventListeners, nodes };
}
