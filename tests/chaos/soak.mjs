// Hours in little: tokens, streams and log files that live for seconds, connections that are cut all
// the time, and what browser and servers hold in memory meanwhile.
import { appendFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from './random.mjs';
import { residentBytes, residentBytesOfAll } from '../lib/programs.mjs';
import { until } from '../lib/wait.mjs';
import { settled, withCrowd } from './stage.mjs';
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
  const folder = await mkdtemp(join(tmpdir(), 'soak-'));
  const log = join(folder, 'soak.log');
  await appendFile(log, '');
  const flags = [
    '--tail',
    log,
    '--keep',
    '5000',
    '--retry',
    '300',
    '--heartbeat',
    '1',
    '--max-age',
    `${MAX_AGE}`,
    '--max-connections',
    '0',
  ];
  try {
    return await withCrowd({ flags, rate: RATE, client: CLIENT, counts, seed }, async (stage) => {
      await stage.crowd.begun();
      const { samples, cuts, lines } = await worn(stage, { minutes, seed, log, kept });
      return { minutes, seed, samples, cuts, lines, size: stage.crowd.size, ...(await settled(stage)) };
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Weighs everything while connections are cut and log files are rotated. */
async function worn({ cluster, wire, crowd }, { minutes, seed, log, kept }) {
  const stop = new AbortController();
  // The lines of a file are numbered by the node that reads it, so their reader stays with one node.
  const lineWire = await startWire(cluster.nodes[0].port);
  try {
    // The last tab is of another origin: the policy of the nodes' own page allows no other server.
    const reader = await readLines(crowd.groups.browser.tabs.at(-1), lineWire.url, TTL);
    const lines = writeLines(log, stop.signal);
    const cuts = cutAgainAndAgain([wire, lineWire], seed, stop.signal);
    const samples = await weighed(cluster, crowd, minutes, kept);
    stop.abort();
    const written = await lines;
    const read = await until(
      'the last line',
      async () => {
        const so = await reader();
        return so.last === written.lines && so;
      },
      undefined,
      200,
    );
    return { samples, cuts: await cuts, lines: { ...written, ...read } };
  } finally {
    stop.abort();
    lineWire.close();
  }
}

async function weighed(cluster, crowd, minutes, kept) {
  const [samples, start] = [[], Date.now()];
  const pause = Math.max((minutes * 60_000) / 240, 2000);
  const soFar = () => (Date.now() - start) / 60_000;
  while (soFar() < minutes) {
    samples.push({ minute: soFar(), ...(await sample(cluster, crowd)) });
    await kept({ samples, minutes: soFar() });
    await sleep(pause);
  }
  return samples;
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
  const random = seeded(`${seed} soak`);
  let cuts = 0;
  for (;;) {
    await sleep(CUT * 1000, undefined, { signal }).catch(() => {});
    if (signal.aborted) return cuts;
    for (const wire of wires) cuts += wire.each(0.3, random, (line) => line.reset());
  }
}

/** Bytes that are held: in the tabs after a collection of garbage, and by each process. */
async function sample(cluster, crowd) {
  const tabs = await Promise.all(crowd.groups.browser.tabs.map(inTab));
  const mean = (member) => tabs.reduce((sum, tab) => sum + tab[member], 0) / tabs.length;
  const nodes = await Promise.all(cluster.nodes.map(({ pid }) => residentBytes(pid)));
  return {
    browser: await residentBytesOfAll(crowd.groups.alone.pid),
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
