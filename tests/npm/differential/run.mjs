// node tests/npm/differential/run.mjs [--streams N] [--seed N] ENGINE…: the vectors and N random streams through
// the native class and through ours, in one page. What they fire, and what they ask for when they come back,
// must be the same.
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { readVectors } from '../../core/vectors/read.mjs';
import { call, openBrowser } from '../../lib/webdriver.mjs';
import { startServer } from './server.mjs';
import { randomOf, QUIRKS, randomStream, typesIn } from './streams.mjs';

/** The number of streams that a page reads before it returns its results. */
const BATCH = 250;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { streams: { type: 'string' }, seed: { type: 'string' } },
});
const count = Number(values.streams ?? 10_000);
const seed = Number(values.seed ?? randomInt(2 ** 32));
const engines = positionals.length > 0 ? positionals : ['chromium'];

const bundle = await build({
  entryPoints: [new URL('page.mjs', import.meta.url).pathname],
  nodePaths: [join(process.env.CONSUMER, 'node_modules')],
  bundle: true,
  write: false,
  format: 'iife',
  logLevel: 'warning',
});
const script = bundle.outputFiles[0].text;

for (const engine of engines) {
  console.log(`${engine}: ${count} random streams, --seed ${seed}`);
  const differences = await compare(engine, [...vectors(engine), ...randomStreams(QUIRKS[engine])]);
  for (const difference of differences.slice(0, 5)) console.error(JSON.stringify(difference, null, 1));
  if (differences.length > 0) throw new Error(`${differences.length} streams differ in ${engine}: --seed ${seed}`);
}

function randomStreams(quirks) {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => randomStream(random, quirks));
}

/** Returns the vectors that every engine reads by the standard, and that reconnect soon. */
function vectors(engine) {
  if (Object.keys(QUIRKS[engine]).length > 0) return [];
  const isQuick = ({ items }) => !items.some((item) => 'tooLarge' in item || Number(item.retry ?? 0) > 100);
  return readVectors()
    .filter(isQuick)
    .map(({ stream }) => ({ bytes: Buffer.concat([Buffer.from('retry: 1\n'), stream]), cuts: [] }));
}

async function compare(engine, streams) {
  const server = await startServer(script, streams);
  const browser = await openBrowser(engine);
  const start = Date.now();
  const differences = [];
  let events = 0;
  try {
    await browser.driver.get(server.url);
    for (let from = 0; from < streams.length; from += BATCH) {
      const batch = streams
        .slice(from, from + BATCH)
        .map(({ bytes }, offset) => ({ index: from + offset, types: typesIn(bytes) }));
      const read = await call(browser.driver, 'read', batch);
      for (const { index } of batch) {
        const [native, ours] = ['native', 'ours'].map((client) => ({
          fired: read[index][client],
          cursors: server.cursors(index, client),
        }));
        events += native.fired.length;
        if (JSON.stringify(native) === JSON.stringify(ours)) continue;
        differences.push({
          index,
          stream: streams[index].bytes.toString('latin1'),
          cuts: streams[index].cuts,
          native,
          ours,
        });
      }
    }
    console.log(
      `${browser.version}: ${streams.length} streams, ${events} events, ${differences.length} differ, ${((Date.now() - start) / 1000).toFixed(0)} s`,
    );
    return differences;
  } finally {
    await browser.close();
    server.close();
  }
}
