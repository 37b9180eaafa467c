// Cells → one page of tables.
import { OURS } from './names.mjs';

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const round = (number) => number.toPrecision(3);

/** How many times as long as ours: median over the rounds, and from the least to the most. */
function ratio(times, ours) {
  const ratios = times.map((time, index) => time / ours[index]);
  return `${round(median(ratios))} (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`;
}

function table(cells) {
  const others = Object.keys(cells[0].times).filter((name) => name !== OURS);
  const head = ['workload', 'chunk', 'ours, ns/event', ...others.map((name) => `${name} ÷ ours`)];
  const rows = cells.map(({ workload, chunkSize, events, times }) => [
    workload,
    `${chunkSize} B`,
    round((median(times[OURS]) * 1e6) / events),
    ...others.map((name) => ratio(times[name], times[OURS])),
  ]);
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Of the ratios to the fastest peer, cell by cell. */
function summary(cells) {
  const ratios = cells.map(({ times }) => median(times['eventsource-parser'].map((time, index) => time / times[OURS][index])));
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return `Against eventsource-parser: geometric mean ${round(mean)}, least ${round(Math.min(...ratios))}, most ${round(Math.max(...ratios))}; more than 1 means that ours is faster.`;
}

export function page({ machine, versions, date, size, engines }) {
  const sections = Object.entries(engines).map(([name, cells]) => `## Parse: ${name}\n\n${summary(cells)}\n\n${table(cells)}`);
  return `# Measured

Written by \`cargo xtask bench\`; not to be edited. ${date}, ${machine}.

${versions.map(([name, version]) => `- ${name} ${version}`).join('\n')}

In each round every parser has its turn; a ratio is the median over the rounds, in brackets the least and the most.
Read the ratios: the times are those of one machine, on one day, with whatever else it did.

## Size

\`\`\`text
${size.trim()}
\`\`\`

${sections.join('\n\n')}
`;
}
