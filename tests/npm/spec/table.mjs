// Writes RESULTS.md: every case, for the native class, ours, and what else people use.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform } from 'node:os';
import { call, openBrowser } from '../../lib/webdriver.mjs';
import { departure } from './known.mjs';
import { startSite } from './site.mjs';

const PEERS = new URL('peers/', import.meta.url);
const { devDependencies: versions } = JSON.parse(readFileSync(new URL('package.json', PEERS)));
const OURS = 'ours, default';
const NATIVE_OR_OURS = ['native', 'ours'];
/** Columns: engine, then client. Peers run in Chromium. */
const COLUMNS = [
  ['chromium', 'native'],
  ['firefox', 'native'],
  ['webkitgtk', 'native'],
  ['chromium', 'ours'],
  ['firefox', 'ours'],
  ['webkitgtk', 'ours'],
  ['chromium', OURS],
  ...Object.keys(versions).map((peer) => ['chromium', peer]),
];
/** A function has no class for these to look at. */
const FUNCTIONS = ['@microsoft/fetch-event-source'];
const OF_A_CLASS = ['§9.2.2 The interface', '§9.2.2 The constructor'];
/** Longer than any engine waits by default to reconnect. */
const PATIENCE = 12_000;
/** Browsers at once: most of the time they wait. */
const AT_ONCE = 3;

const site = await startSite('peers/classes.mjs', process.env.CONSUMER, PEERS.pathname);
const engines = {};
const results = new Map();
const left = [...COLUMNS];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let column = left.shift(); column; column = left.shift()) results.set(column, await run(...column));
  }),
);
await site.close();
writeFileSync(new URL('RESULTS.md', import.meta.url), page());

async function run(engine, client) {
  const browser = await openBrowser(engine);
  try {
    engines[engine] = browser.version;
    await browser.driver.get(site.url);
    const cases = (only) =>
      call(browser.driver, 'runCases', 'window', { client, servers: site.servers, patience: PATIENCE, only });
    const found = await cases();
    // A busy machine makes cases fail, never pass. An unexpected result is checked once more, alone.
    for (const result of found.filter(
      ({ name, error }) => error && NATIVE_OR_OURS.includes(client) && !departure(client, engine, name),
    )) {
      const again = await cases(`${result.section}: ${result.name}`);
      result.error = again.find(({ name }) => name === result.name).error;
    }
    console.log(`${engine}, ${client}: ${found.filter(({ error }) => !error).length} of ${found.length}`);
    return found;
  } finally {
    await browser.close();
  }
}

function applies([, client], { section }) {
  return !(FUNCTIONS.includes(client) && OF_A_CLASS.includes(section));
}

function page() {
  const cases = results.get(COLUMNS[0]).map(({ section, name }) => ({ section, name }));
  const sections = [...new Set(cases.map(({ section }) => section))];
  const heading = (column) =>
    (column[0] === 'chromium' ? '' : `${engines[column[0]].split(' ')[0]}: `) + title(column[1]);
  const table = (first, rows) =>
    [
      `| ${first} | ${COLUMNS.map(heading).join(' | ')} |`,
      `| --- |${' --- |'.repeat(COLUMNS.length)}`,
      ...rows.map(([name, cells]) => `| ${name} | ${cells.join(' | ')} |`),
    ].join('\n');
  const count = (column, which) => {
    const applicable = cases.filter((each) => which(each) && applies(column, each));
    const passed = applicable.filter((each) => !outcome(column, each).error);
    return applicable.length === 0 ? '–' : `${passed.length} / ${applicable.length}`;
  };
  const summary = [
    ...sections.map((section) => [section, COLUMNS.map((column) => count(column, (each) => each.section === section))]),
    ['**all**', COLUMNS.map((column) => `**${count(column, () => true)}**`)],
  ];
  const details = sections.map(
    (section) =>
      `### ${section}\n\n${table(
        'case',
        cases
          .filter((each) => each.section === section)
          .map((each) => [
            escaped(each.name),
            COLUMNS.map((column) => (!applies(column, each) ? '–' : outcome(column, each).error ? '✗' : '✓')),
          ]),
      )}`,
  );
  return `# Who does what the standard says

${cases.length} cases of [WHATWG HTML §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html), each run in a window
of a real browser against a server that misbehaves by script. Written by \`cargo xtask conformance\`; the cases are in
[\`cases/\`](cases).

*Ours* is the class \`EventSource\` of the entry \`./event-source\`. *Ours, default* is \`AuthenticatedEventSource\` without
options, which departs from the standard on purpose where its README says \`[NON-SPEC]\`. A peer's cross means that it does
something else than the standard asks, not that it is broken: some are not meant to be an \`EventSource\`. –: not applicable, because
a function has no class to look at.

${new Date().toISOString().slice(0, 10)}; ${Object.values(engines).sort().join(', ')}; ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0].model.trim()}, load
average ${loadavg()[0].toFixed(1)}; commit ${execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()}. Peers at the versions in the headings, in Chromium.

${table('section', summary)}

## Where ours departs, and why

${departures(cases)}

## Every case

${details.join('\n\n')}
`;
}

function departures(cases) {
  const ours = COLUMNS.filter(([, client]) => client === 'ours');
  const lines = cases.flatMap((each) => {
    const where = ours.filter((column) => outcome(column, each).error);
    if (where.length === 0) return [];
    const reason = departure('ours', where[0][0], each.name) ?? '**not expected**';
    return [`- ${each.name} (${where.map(([engine]) => engines[engine].split(' ')[0]).join(', ')}): ${reason}.`];
  });
  return lines.join('\n');
}

function outcome(column, { section, name }) {
  return results.get(column).find((result) => result.section === section && result.name === name);
}

function title(client) {
  return versions[client] ? `${client} ${versions[client]}` : client;
}

function escaped(text) {
  return text.replaceAll('|', '\\|');
}
