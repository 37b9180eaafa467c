// What was measured → one page of tables.
import { median } from './clock.mjs';
import { BARE_READER, OURS } from './names.mjs';

const round = (number) =>
  Number.isFinite(number) ? Number(number.toPrecision(3)).toLocaleString('en', { useGrouping: false }) : '';
const percentile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)];
const megabytes = (bytes) => round(bytes / 2 ** 20);

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** How many times as long as the others: median over the rounds, and from the least to the most. */
function ratio(times, others) {
  if (!times) return '';
  const ratios = times.map((time, index) => time / others[index]);
  return `${round(median(ratios))} (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`;
}

/** The time of a round that other programs hardly disturbed. */
export const undisturbed = (times) => percentile(times, 0.25);

/** One process by the clock, which counts the time of other programs, too: compares the lower quartiles of the rounds. */
function warm(engine, { cells }) {
  const ratios = cells.map(({ times }) => undisturbed(times['eventsource-parser']) / undisturbed(times[OURS]));
  const rows = cells.map(({ workload, chunkSize, events, times }, index) => [
    workload,
    `${chunkSize} B`,
    ...[OURS, 'eventsource-parser'].map((name) => round((undisturbed(times[name]) * 1e6) / events)),
    round(ratios[index]),
  ]);
  const head = ['workload', 'chunk', 'ours, ns/event', 'eventsource-parser, ns/event', 'eventsource-parser ÷ ours'];
  return `### ${engine}\n\n${summaryOf(ratios)}\n\n${table(head, rows)}`;
}

function parse(engine, { cells }) {
  const others = [...new Set(cells.flatMap(({ times }) => Object.keys(times)))].filter((name) => name !== OURS);
  const rows = cells.map(({ workload, chunkSize, events, times }) => [
    workload,
    `${chunkSize} B`,
    round((median(times[OURS]) * 1e6) / events),
    ...others.map((name) => ratio(times[name], times[OURS])),
  ]);
  return `### ${engine}\n\n${summary(cells)}\n\n${table(['workload', 'chunk', 'ours, ns/event', ...others.map((name) => `${name} ÷ ours`)], rows)}`;
}

/** Of the ratios to the fastest peer, cell by cell. */
function summary(cells) {
  const ratios = cells.map(({ times }) =>
    median(times['eventsource-parser'].map((time, index) => time / times[OURS][index])),
  );
  return summaryOf(ratios);
}

function summaryOf(ratios) {
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return `Against eventsource-parser: geometric mean ${round(mean)}, least ${round(Math.min(...ratios))}, most ${round(Math.max(...ratios))}, in ${ratios.filter((each) => each > 1).length} of ${ratios.length} cells above 1; more than 1 means that ours is faster.`;
}

/** What the processor times of a stream are compared with. */
const YARDSTICKS = ['native EventSource', 'eventsource-client', BARE_READER];

function stream(engine, workloads) {
  const head = [
    'client',
    'processor, ms',
    ...YARDSTICKS.map((name) => `÷ ${name}`),
    'until the last event, ms',
    'longest gap, ms',
    'longest task, ms',
    'most memory, MB',
  ];
  return workloads
    .map(({ workload, count, rounds }) => {
      const all = (name, figure) => rounds[name].map((round) => round[figure]);
      const middle = (name, figure) => median(all(name, figure));
      const rows = Object.keys(rounds).map((name) => [
        name,
        round(middle(name, 'cpu')),
        ...YARDSTICKS.map((other) => (other === name ? '1' : ratio(all(name, 'cpu'), all(other, 'cpu')))),
        round(middle(name, 'wall')),
        round(middle(name, 'gap')),
        task(middle(name, 'task')),
        megabytes(middle(name, 'peak')),
      ]);
      return `### ${engine}: ${count.toLocaleString('en')} events, ${workload}\n\n${table(head, rows)}`;
    })
    .join('\n\n');
}

/** Engines tell of tasks from 50 ms on, and some of none. */
function task(longest) {
  return longest === 0 ? '< 50' : round(longest);
}

function delay(engine, delays) {
  const native = median(delays['native EventSource']);
  const rows = Object.entries(delays).map(([name, of]) => [
    name,
    round(median(of)),
    round((median(of) - native) * 1000),
    round(percentile(of, 0.99)),
  ]);
  return `### ${engine}\n\n${table(['client', 'median, ms', 'behind native, µs', 'p99, ms'], rows)}`;
}

function start(engine, rounds) {
  const row = (what, figure) => [
    what,
    round(median(rounds.map((each) => each[figure]))),
    round(Math.max(...rounds.map((each) => each[figure]))),
  ];
  const rows = [
    row('import of the default entry', 'imported'),
    row('first construction → request', 'requested'),
    row('second construction → request', 'again'),
  ];
  return `### ${engine}\n\n${table(['', 'median, ms', 'most, ms'], rows)}`;
}

function growth(engine, tables) {
  return tables
    .map(({ title, rows }) => {
      const lines = rows.map(({ size, time, memory }) => [
        size.toLocaleString('en'),
        round(time),
        round((time / size) * 1e6),
        megabytes(memory),
      ]);
      return `### ${engine}: ${title}\n\n${table(['size', 'processor, ms', 'ns for each', 'still held, MB'], lines)}`;
    })
    .join('\n\n');
}

const SECTIONS = [
  [
    'parse',
    'Parse in cold processes',
    'Bytes to events, no network. Node by the processor time of the process, Chromium by that of the main thread; rounds in several processes, because each compiles the parsers anew, and not each time as well.',
    parse,
  ],
  [
    'warm',
    'Parse in a warm process',
    'One process that has parsed all texts many times, by the clock. Short rounds are interleaved; figures are their lower quartiles, because the clock also counts the time of other programs.',
    warm,
  ],
  [
    'stream',
    'End to end',
    'From the fixture server on the same machine, as fast as the client takes it. Processor time is that of the main thread, compared with that of another row of the same round; the gap is how long a timer of 5 ms was late. Rounds in several processes, and each row runs functions of its own, because an engine compiles those that rows share for all of them. Firefox does not tell of long tasks.',
    stream,
  ],
  ['delay', 'Delay', 'One event every 5 ms. The two clocks differ by the same for all rows: compare the rows.', delay],
  ['start', 'Start', 'In a worker of its own each time, so that nothing is warm.', start],
  [
    'growth',
    'Growth',
    'The third column should stay the same from row to row. Memory is what the process holds after a garbage collection.',
    growth,
  ],
];

function section([name, title, text, show], results) {
  if (!results[name]) return [];
  const { when, load, full, engines } = results[name];
  const shown = Object.entries(engines)
    .filter(([, found]) => found)
    .map(([engine, found]) => show(engine, found));
  const how = `Measured ${when} UTC, load average ${load}${full ? '' : ', short run'}.`;
  return [[`## ${title}`, `${text} ${how}`, ...shown].join('\n\n')];
}

export function page({ machine, versions, size, results }) {
  const sections = SECTIONS.flatMap((each) => section(each, results));
  return `# Measured

Written by \`cargo xtask bench\`; not to be edited. What was tried and did not help is in [NOTES.md](NOTES.md).

${machine}.

${versions.map(([name, version]) => `- ${name} ${version}`).join('\n')}

In each round every row has its turn, beginning with another row each time; figures are medians over the rounds, in brackets the least and the most.
Read the ratios: the times are those of one machine, on one day, with whatever else it did.

## Size

\`\`\`text
${size.trim()}
\`\`\`

${sections.join('\n\n')}
`;
}
