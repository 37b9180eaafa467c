// `node run.mjs chaos|storm|soak`: a long run, whose report is kept in results/.
import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
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

const COMMANDS = {
  async chaos({ seed, minutes, clients }) {
    const counts = { native: clients, node: 10, contexts: 4 };
    const say = ({ begun, kind }) => console.log(`${begun.toFixed(1)} s: ${kind}`);
    return [await runChaos({ seed, seconds: minutes * 60, rate: 20, counts, say }), chaosReport];
  },
  async storm({ seed, clients }) {
    return [await runStorm({ seed, counts: { native: clients, node: 10, contexts: 4 } }), stormReport];
  },
  async soak({ seed, minutes, clients }) {
    const counts = { native: clients, node: 4, contexts: 2 };
    const kept = async (soFar) => writeFile(process.env.RAW, JSON.stringify(soFar));
    return [await runSoak({ seed, minutes, counts, kept }), soakReport];
  },
};

const { positionals: [name], values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, minutes: { type: 'string', default: '10' }, clients: { type: 'string', default: '200' } },
});
const seed = values.seed ?? `${randomInt(2 ** 31)}`;
console.log(`${name}, seed ${seed}`);
const before = machine();
const [result, report] = await COMMANDS[name]({ seed, minutes: Number(values.minutes), clients: Number(values.clients) });
await writeFile(process.env.RAW, JSON.stringify(result));
await mkdir(RESULTS, { recursive: true });
await keepFigures(RESULTS, report.figures(result));
const text = `${report.page(result)}\nWritten by \`cargo xtask ${name}\`; not to be edited. ${before}.\n`;
await writeFile(new URL(`results/${name}.md`, import.meta.url), text);
console.log(text);
const faults = report.faults(result);
if (faults.length > 0) {
  console.error(JSON.stringify(faults, null, 2));
}
process.exit(faults.length > 0 ? 1 : 0);
