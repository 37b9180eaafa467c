// Runs the benchmarks that are asked for, keeps what each found, and writes the page of results.
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { storeScript } from '../lib/fault-script.mjs';
import { startFixture } from '../lib/fixture.mjs';
import { runInBrowser } from './browser.mjs';
import { chart } from './chart.mjs';
import { page } from './report.mjs';
import { WORKLOADS } from './workloads.mjs';

const { BUNDLE, CHROMIUM, FIREFOX, SIZE, BENCHES, FULL, PAGE, CHART } = process.env;
const full = FULL === '1';
const kept = join(BUNDLE, 'results.json');

/** In a process of its own, as a page is: what one benchmark leaves behind would disturb the next. */
function inNode(name) {
  const module = JSON.stringify(pathToFileURL(join(BUNDLE, 'page.mjs')).href);
  const script = `const { JOBS } = await import(${module}); console.log(JSON.stringify(await JOBS.${name}({ full: ${full} })));`;
  const arguments_ = ['--expose-gc', '--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, arguments_, { encoding: 'utf8', maxBuffer: 1 << 28 }));
}

const inChromium = (name, options) =>
  runInBrowser({ browser: 'chromium', program: CHROMIUM, folder: BUNDLE, name, options: { full, ...options } });
const inFirefox = (name, options) =>
  FIREFOX &&
  runInBrowser({ browser: 'firefox', program: FIREFOX, folder: BUNDLE, name, options: { full, ...options } });

/** The events of a stream. */
const COUNT = Number(process.env.EVENTS) || (full ? 200_000 : 50_000);

/** Streams of so many events on the fixture server's fault port. */
async function streams(faults) {
  const chosen = full
    ? ['tokens of a language model', 'chunks of chat completions', 'CJK and emoji', 'id, event and data']
    : ['tokens of a language model'];
  const block = 500;
  return Promise.all(
    chosen.map(async (workload) => {
      const text = new TextDecoder().decode(WORKLOADS.find(([name]) => name === workload)[1]);
      const events = text
        .split('\n\n')
        .slice(0, block)
        .map((event) => `${event.replace('event: metrics\n', '')}\n\n`)
        .join('');
      const script = { responses: [{ steps: [{ repeat: { n: COUNT / block, of: [{ text: events }] } }] }] };
      return { workload, url: (await storeScript(script, faults)).url };
    }),
  );
}

/**
 * The result of a job that is run in so many processes, with the rounds of all: an engine decides once in each how well it
 * compiles what. `roundsOf`: what of a result are lists of rounds, by name.
 */
async function inProcesses(processes, run, roundsOf) {
  const result = await run();
  for (let process = 1; process < processes; process++) {
    const found = roundsOf(await run());
    for (const [index, byName] of roundsOf(result).entries()) {
      for (const [name, rounds] of Object.entries(byName)) rounds.push(...found[index][name]);
    }
  }
  return result;
}

async function measureParse() {
  const measure = (run) =>
    inProcesses(
      full ? 7 : 2,
      () => run('parse'),
      ({ cells }) => cells.map(({ times }) => times),
    );
  return { Node: await measure(inNode), Chromium: await measure(inChromium) };
}

async function measureStreams() {
  const fixture = await startFixture('--port', '0', '--fault-port', '0');
  try {
    const options = { streams: await streams(fixture.faults), count: COUNT };
    const measure = (run) =>
      inProcesses(
        full ? 3 : 1,
        () => run('stream', options),
        (workloads) => workloads.map(({ rounds }) => rounds),
      );
    return { Chromium: await measure(inChromium), Firefox: FIREFOX && (await measure(inFirefox)) };
  } finally {
    await fixture.stop();
  }
}

const MEASURES = {
  parse: measureParse,
  warm: async () => ({ Node: inNode('warm'), Chromium: await inChromium('warm') }),
  stream: measureStreams,
  delay: async () => ({ Chromium: await inChromium('delay'), Firefox: await inFirefox('delay') }),
  start: async () => ({ Chromium: await inChromium('start'), Firefox: await inFirefox('start') }),
  growth: async () => ({ Node: inNode('growth') }),
};

function version(program) {
  return program && execFileSync(program, ['--version'], { encoding: 'utf8' }).match(/[\d.]+/)[0];
}

async function versionOf(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return [name, JSON.parse(await readFile(file, 'utf8')).version];
}

async function versions() {
  const { devDependencies } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
  const peers = await Promise.all(Object.keys(devDependencies).map(versionOf));
  return [
    ['Node', process.versions.node],
    ['Chromium', version(CHROMIUM)],
    ['Firefox', version(FIREFOX)],
    ...peers,
  ].filter(([, found]) => found);
}

const results = await readFile(kept, 'utf8').then(JSON.parse, () => ({}));
for (const name of BENCHES ? BENCHES.split(',') : Object.keys(MEASURES)) {
  console.error(`measuring: ${name}`);
  const load = loadavg()[0].toFixed(1);
  const engines = await MEASURES[name]();
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  results[name] = { when, load: `${load} to ${loadavg()[0].toFixed(1)}`, full, engines };
  await writeFile(kept, JSON.stringify(results));
}
const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`;
const text = page({ machine, versions: await versions(), size: SIZE, results });
await writeFile(PAGE, text);
if (CHART && results.parse && results.warm) await writeFile(CHART, chart(results));
console.log(text);
