// The report of the chaos: what went wrong, and what every client had in the end.
import { table } from '../machine.mjs';
import { KINDS } from '../plan.mjs';
import { offenders } from '../verdict.mjs';

const WHERE = {
  native: 'native, on the same Rust core',
  node: 'npm package in Node',
  tab: 'npm package in tabs',
  worker: 'npm package in dedicated workers',
  shared: 'npm package in shared workers',
};
const FAULTS = ['lost', 'duplicated', 'disordered', 'damaged', 'stopped', 'gaps'];

const sum = (list, of) => list.reduce((total, member) => total + of(member), 0);
const most = (list, of) => list.reduce((top, member) => Math.max(top, of(member)), 0);

export function faults({ exact, trimmed }) {
  const wrong = [...offenders(exact.verdicts), ...offenders(trimmed.verdicts)];
  if (!exact.isStored) wrong.push('an event was acknowledged and is not stored');
  if (exact.reused > 0) wrong.push('an id was assigned twice');
  if (exact.ledgers.some(({ connections }) => connections < 2)) wrong.push('a client was never cut off');
  return wrong;
}

/** A row for each place where clients live. */
function clients({ ledgers, verdicts }) {
  return Object.entries(WHERE).map(([kind, where]) => {
    const here = ledgers.filter(({ name }) => name.startsWith(`${kind}-`));
    const wrong = FAULTS.map((fault) => sum(here, ({ name }) => verdicts[name][fault]));
    return [
      where,
      here.length,
      sum(here, ({ connections }) => connections),
      most(here, ({ connections }) => connections),
      ...wrong,
    ];
  });
}

/** Counts the occurrences of each member of a list. */
function counted(list) {
  const counts = new Map();
  for (const key of list) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts];
}

export function page(result) {
  const { seed, seconds, acts, exact, trimmed, size, browser } = result;
  const reasons = exact.ledgers.reduce((all, { failures }) => {
    for (const [reason, count] of Object.entries(failures)) all[reason] = (all[reason] ?? 0) + count;
    return all;
  }, {});
  const head = [
    'clients',
    'number',
    'connections',
    'most of one',
    ...FAULTS.map((fault) => (fault === 'gaps' ? 'gaps not as announced' : fault)),
  ];
  return `# Chaos

${(seconds / 60).toFixed(0)} minutes, seed \`${seed}\`: ${size} clients (Chromium ${browser}) through a proxy that cuts and delays, nginx, three nodes, and Redis with \`appendfsync always\`. Tokens lived 15 s, streams 20 s.

- ${acts.length} acts of the plan: ${KINDS.map((kind) => `${kind} ${counted(acts.map((act) => act.kind)).find(([name]) => name === kind)?.[1] ?? 0}`).join(', ')}
- ${exact.acknowledged} events acknowledged to the publisher in ${exact.epochs} epochs of the log, ${exact.refused} refused or unanswered
- ${faults(result).length === 0 ? '**Every client had every id exactly once, in order, and each loss of the log was announced by a `gap`**' : '**NOT every client had every id exactly once, or a gap was not announced**'}, ${exact.seconds.toFixed(1)} s after the publisher had stopped
- what the clients met: ${Object.entries(reasons)
    .map(([reason, count]) => `\`${reason}\` ${count}`)
    .join(', ')}

${table(head, clients(exact))}

![Open streams over time](chaos.svg)
![The plan](chaos-plan.svg)

Then no client got through while more was published than the log keeps. ${trimmed.missed} events were gone when the first came back; each client was told exactly what it had missed by a \`gap\` event, and had the rest exactly once:

${table(head, clients(trimmed))}
`;
}

export function figures({ timeline, acts, size }) {
  const open = (Plot, { timeline, size }) => ({
    height: 220,
    marginLeft: 130,
    x: { label: 'seconds' },
    y: { label: `open streams, of ${size}`, domain: [0, size], grid: true },
    marks: [
      Plot.areaY(timeline, { x: '0', y: '1', fill: '#1663b5', fillOpacity: 0.25, curve: 'step' }),
      Plot.lineY(timeline, { x: '0', y: '1', stroke: '#1663b5', curve: 'step' }),
    ],
  });
  const what = (Plot, { acts }) => ({
    height: 260,
    marginLeft: 130,
    x: { label: 'seconds' },
    y: { label: null },
    marks: [Plot.dot(acts, { x: 'at', y: 'kind', r: 2.5, fill: '#c0392b' })],
  });
  return [
    { file: 'chaos.svg', draw: open, data: { timeline, size } },
    { file: 'chaos-plan.svg', draw: what, data: { acts } },
  ];
}
