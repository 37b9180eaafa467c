// The report of a soak: what was held in memory, over time.
import { table } from '../machine.mjs';
import { offenders } from '../verdict.mjs';

const MIB = 2 ** 20;
/** What is measured: its name, its unit, and how much it may grow in the whole run after the warm-up. */
const SERIES = {
  heap: ['JavaScript heap of a tab, after a collection', 'MiB', MIB, 0.5],
  wasm: ['WebAssembly memory of a tab', 'MiB', MIB, 0.125],
  listeners: ['event listeners of a tab', '', 1, 5],
  domNodes: ['DOM nodes of a tab', '', 1, 5],
  browser: ['a Chromium that no tool looks into, all its processes, resident', 'MiB', MIB, 20],
  server: ['a node, resident', 'MiB', MIB, 6],
  redis: ['Redis, resident', 'MiB', MIB, 6],
  swarm: ['the native clients, resident', 'MiB', MIB, 6],
};
/** Caches fill and allocators settle in the first quarter. */
const WARM_UP = 0.25;

/** Least squares: where the line begins and ends. */
export function line(samples, member) {
  const points = samples.slice(Math.floor(samples.length * WARM_UP)).map((sample) => [sample.minute, sample[member]]);
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([x]) => x), mean(([, y]) => y)];
  const slope = mean((point) => (point[0] - x) * (point[1] - y)) / mean((point) => (point[0] - x) ** 2);
  const at = (minute) => y + slope * (minute - x);
  return { first: at(points[0][0]), last: at(points.at(-1)[0]) };
}

export function faults({ verdicts, lines, samples }) {
  const grown = Object.entries(SERIES).filter(([member, [, , unit, most]]) => {
    const { first, last } = line(samples, member);
    return (last - first) / unit > most;
  });
  const wrong = ['lost', 'repeated', 'gaps'].filter((fault) => lines[fault] !== 0);
  return [
    ...offenders(verdicts),
    ...grown.map(([member]) => `${member} grew`),
    ...wrong.map((fault) => `lines: ${fault}`),
  ];
}

export function page(result) {
  const { minutes, seed, samples, log, ledgers, lines, cuts, size } = result;
  const sum = (of) => ledgers.reduce((total, ledger) => total + of(ledger), 0);
  const rows = Object.entries(SERIES).map(([member, [name, unit, divisor, most]]) => {
    const { first, last } = line(samples, member);
    const shown = (value) => `${(value / divisor).toFixed(divisor === 1 ? 0 : 2)} ${unit}`.trim();
    return [
      name,
      shown(first),
      shown(last),
      `${((last - first) / divisor).toFixed(2)} ${unit}`.trim(),
      `${most} ${unit}`.trim(),
    ];
  });
  return `# Soak

${minutes} minutes, seed ${seed}: ${size} clients (${size - ledgers.filter(({ name }) => name.startsWith('native')).length} of the npm package) through nginx over three nodes on Redis. Tokens lived 15 s, streams 15 s, log files 5 s, and every 5 s three in ten connections were reset.

- ${log.to - log.from + 1} events, each to ${size} clients: ${offenders(result.verdicts).length === 0 ? 'nothing lost, repeated or out of order' : '**NOT what it should be**'}
- ${sum(({ connections }) => connections)} connections, ${cuts} reset by the network, ${sum(({ renewals }) => renewals ?? 0)} renewed in time by the native clients, ${sum(({ failures }) => failures.unauthorized ?? 0)} refused with 401 and refreshed there
- ${lines.lines} log lines over ${lines.files} files, read over ${lines.connections} connections: ${lines.lost} lost, ${lines.repeated} repeated

![Memory over time](soak.svg)

The line of least squares after the first quarter, at its beginning and at its end:

${table(['what', 'first', 'last', 'grew', 'may grow'], rows)}
`;
}

/** Each as a multiple of its own mean, so that all fit one scale and growth shows as a slope. */
export function figures({ samples }) {
  const data = Object.entries(SERIES).flatMap(([member, [name]]) => {
    const mean = samples.reduce((sum, sample) => sum + sample[member], 0) / samples.length;
    return samples.map((sample) => ({ minute: sample.minute, name, share: sample[member] / mean }));
  });
  const draw = (Plot, data) => ({
    color: { legend: false },
    x: { label: 'minutes' },
    y: { label: 'share of its mean', domain: [0, 1.6], grid: true },
    marginRight: 20,
    fy: { label: null, padding: 0.15 },
    height: 960,
    marks: [
      Plot.ruleY([1], { stroke: '#bbb' }),
      Plot.lineY(data, { x: 'minute', y: 'share', fy: 'name', stroke: '#1663b5', strokeWidth: 1.5 }),
      Plot.text(
        data.filter(({ minute }, index) => index === 0 || data[index - 1].minute > minute),
        { text: 'name', fy: 'name', frameAnchor: 'top-left', dx: 6, dy: 6, fontWeight: 600 },
      ),
      Plot.axisFy({ label: null, tickFormat: () => '' }),
      Plot.frame({ stroke: '#ddd' }),
    ],
  });
  return [{ file: 'soak.svg', draw, data }];
}
