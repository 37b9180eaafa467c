// `node run.mjs chaos|storm|soak`: a long run, whose report is kept in results/. `short` is the chaos of
// every run of the tests, and keeps nothing.
import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.mjs';
import { keepFigures } from './figures.mjs';
import { machine } from './machine.mjs';
import * as chaosReport from './reports/chaos.mjs';
import * as soakReport from './reports/soak.mjs';
import * as stormReport from './reports/storm.mjs';
import { runSoak } from './soak.mjs';
import { runStorm } from './storm.mjs';

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));

const say = ({ begun, kind }) => console.log(`${begun.toFixed(1)} s: ${kind}`);

const COMMANDS = {
  async short({ seed }) {
    return [
      await runChaos({ seed, seconds: 20, rate: 40, counts: { native: 40, node: 4, contexts: 2 }, say }),
      chaosReport,
    ];
  },
  async chaos({ seed, minutes, clients }) {
    const counts = { native: clients, node: 10, contexts: 4 };
    return [await runChaos({ seed, seconds: minutes * 60, rate: 20, counts, say }), chaosReport];
  },
  async storm({ seed, clients }) {
    return [await runStorm({ seed, counts: { native: clients, node: 10, contexts: 4 } }), stormReport];
  },
  async soak({ seed, minutes, clients }) {
    const counts = { native: clients, node: 4, contexts: 3, alone: 1 };
    const kept = async (soFar) => writeFile(process.env.RAW, JSON.stringify(soFar));
    return [await runSoak({ seed, minutes, counts, kept }), soakReport];
  },
};

const {
  positionals: [name],
  values,
} = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '200' },
  },
});
const seed = values.seed ?? `${randomInt(2 ** 31)}`;
console.log(`${name}, seed ${seed}`);

/** Gives what was not as it should be. */
async function run() {
  const before = machine();
  const [result, report] = await COMMANDS[name]({
    seed,
    minutes: Number(values.minutes),
    clients: Number(values.clients),
  });
  const text = `${report.page(result)}\nWritten by \`cargo xtask ${name}\`; not to be edited. ${before}.\n`;
  console.log(text);
  if (name !== 'short') await keep(result, report, text);
  return report.faults(result);
}

async function keep(result, report, text) {
  await writeFile(process.env.RAW, JSON.stringify(result));
  await mkdir(RESULTS, { recursive: true });
  await keepFigures(RESULTS, report.figures(result));
  await writeFile(join(RESULTS, `${name}.md`), text);
}

// Without waiting for what clients that were cut off may still hold.
try {
  const faults = await run();
  if (faults.length > 0) console.error(JSON.stringify(faults, null, 2));
  process.exit(faults.length > 0 ? 1 : 0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
