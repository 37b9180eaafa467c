// All clients of a run, wherever they live: native, in Node, in tabs and in workers. They are asked
// the same questions: `state(end)` → how many are open, how many have the id `end`; `report()`.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch } from '../lib/chromium.mjs';
import { linesOf, start } from '../lib/programs.mjs';
import { serve } from '../lib/static-site.mjs';
import { until } from '../lib/wait.mjs';
import { openAlone } from './alone.mjs';
import { openClients } from './clients/client.mjs';

/** A browser opens six connections to a server: a context has a tab, a worker and a shared worker
 *  with one stream each, and room for logins. */
const STREAMS_OF_CONTEXT = 3;

/** The pages and the package, side by side in a folder that any server can serve. */
export async function stagePages() {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-pages-'));
  await cp(fileURLToPath(new URL('clients', import.meta.url)), folder, { recursive: true });
  await cp(join(process.env.PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Opens all clients.
 *  @param settings what each client is told: url, ttl, heartbeat, maxDelay (milliseconds)
 *  @param counts how many: `native`, in `node`, and `contexts` of the browser, three streams each, and
 *  how many of these, 0 or 1, are `alone` in a browser that no tool looks into */
export async function openCrowd(settings, { native: swarm, node, contexts, alone = 0 }, { pages, seed }) {
  const groups = { native: native(settings, swarm, seed), node: await inNode(settings, node) };
  if (contexts > alone) groups.browser = await inBrowser(settings, contexts - alone, pages);
  if (alone) groups.alone = await openAlone(ofContext(settings, contexts - 1), pages);
  return new Crowd(groups, swarm + node + contexts * STREAMS_OF_CONTEXT);
}

class Crowd {
  constructor(groups, size) {
    Object.assign(this, { groups, size });
  }

  async state(end) {
    const states = await Promise.all(Object.values(this.groups).map((group) => group.state(end)));
    const sum = (member) => states.reduce((total, state) => total + state[member], 0);
    return { open: sum('open'), arrived: sum('arrived') };
  }

  /** Until each has been open once; all at the same time they never are, while tokens live for seconds. */
  begun() {
    return until('the first connection of each', async () =>
      (await this.report()).every(({ connections }) => connections > 0),
    );
  }

  async report() {
    return (await Promise.all(Object.values(this.groups).map((group) => group.report()))).flat();
  }

  async close() {
    for (const group of Object.values(this.groups)) await group.close();
  }
}

function native({ url, ttl, heartbeat, maxDelay }, count, seed) {
  const given = {
    address: new URL(url).host,
    clients: count,
    ttl,
    heartbeat: heartbeat / 1000,
    'max-delay': maxDelay / 1000,
    seed,
  };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const program = start(process.env.SWARM_PROGRAM, args);
  const answers = linesOf(program);
  let queue = Promise.resolve();
  const ask = (question) => {
    queue = queue.then(async () => {
      program.child.stdin.write(`${question}\n`);
      const { value } = await answers.next();
      if (value === undefined) throw new Error('the native clients are gone');
      return JSON.parse(value);
    });
    return queue;
  };
  return {
    pid: program.child.pid,
    state: (end) => ask(`until ${end}\nstate`),
    report: () => ask('report'),
    close: () => program.end('SIGTERM'),
  };
}

async function inNode(settings, count) {
  const { AuthenticatedEventSource } = await import(pathToFileURL(join(process.env.PACKAGE, 'dist/index.js')));
  return openClients(AuthenticatedEventSource, named('node', settings, count));
}

const named = (kind, settings, count, offset = 0) =>
  Array.from({ length: count }, (_, index) => ({
    ...settings,
    name: `${kind}-${index + offset}`,
    renews: (index + offset) % 2 === 0,
  }));

/** The clients of a context, by their places. */
function ofContext(settings, index) {
  const kinds = { inTab: 'tab', inWorker: 'worker', inShared: 'shared-worker' };
  return Object.fromEntries(Object.entries(kinds).map(([place, kind]) => [place, named(kind, settings, 1, index)]));
}

/** Every other context loads its page from the nodes themselves, the rest from another origin. */
async function inBrowser(settings, count, pages) {
  const [browser, site] = [await launch(), await serve(pages.folder)];
  const tabs = [];
  for (let index = 0; index < count; index += 1) {
    const context = await browser.newContext();
    const tab = await context.newPage();
    tab.setDefaultTimeout(60_000);
    await tab.goto(`${index % 2 === 0 ? settings.url : site.url}/page.html`);
    await tab.waitForFunction(() => globalThis.isReady);
    await tab.evaluate((clients) => open3(clients), ofContext(settings, index));
    tabs.push(tab);
  }
  const ask = (question, argument) => Promise.all(tabs.map((tab) => tab.evaluate(question, argument)));
  return {
    tabs,
    version: browser.version(),
    async state(end) {
      const states = await ask((end) => state3(end), end);
      const sum = (member) => states.reduce((total, state) => total + state[member], 0);
      return { open: sum('open'), arrived: sum('arrived') };
    },
    report: async () => (await ask(() => report3())).flat(),
    async close() {
      await browser.close();
      await site.close();
    },
  };
}
