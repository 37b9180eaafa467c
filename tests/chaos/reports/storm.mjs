// The report of a storm: how the returns spread, and what the servers held meanwhile.
import { table } from '../machine.mjs';
import { distance, returns } from '../storm.mjs';
import { offenders } from '../verdict.mjs';

const BIN = 0.1;
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** How many of `returned` full jitter has come back in each tenth of a second: each evenly between
 *  one and two of its own reconnection times. */
function predicted(returned, end) {
  const bins = Array.from({ length: Math.ceil(end / BIN) }, (_, index) => ({ at: index * BIN, count: 0 }));
  for (const { base } of returned) {
    for (const bin of bins) {
      const overlap = Math.min(bin.at + BIN, 2 * base) - Math.max(bin.at, base);
      bin.count += Math.max(overlap, 0) / base;
    }
  }
  return bins;
}

function most(samples, of) {
  return samples.reduce((top, sample) => Math.max(top, ...sample.nodes.map((node) => of(node) ?? 0)), 0);
}

export function faults(result) {
  const { verdicts, samples, limit, size } = result;
  const returned = returns(result);
  const { most: apart, critical } = distance(returned.map(({ multiple }) => multiple));
  const wrong = offenders(verdicts);
  if (returned.length < size) wrong.push(`of ${size} clients ${returned.length} came back from a cut`);
  if (most(samples, ({ active }) => active) > limit) wrong.push('a node held more streams than its limit');
  if (returned.some(({ multiple }) => multiple < 0.999)) wrong.push('a client came back before its reconnection time');
  // A busy machine wakes sleepers late, which moves every return by as much.
  if (apart > Math.max(2 * critical, 0.1)) wrong.push(`the returns are not spread evenly: ${apart}`);
  return wrong;
}

export function page(result) {
  const { seed, size, limit, before, after, samples, log } = result;
  const returned = returns(result);
  const { most: apart, critical } = distance(returned.map(({ multiple }) => multiple));
  const bins = new Map();
  for (const { after } of returned) bins.set(Math.floor(after / BIN), (bins.get(Math.floor(after / BIN)) ?? 0) + 1);
  const peak = Math.max(...bins.values());
  const expected = Math.max(...predicted(returned, 12).map(({ count }) => count));
  const refused = after.reduce((sum, node, index) => sum + node.rejected - before[index].rejected, 0);
  const back = samples.find(({ open }) => open === size);
  const nodes = before.map((node, index) => [
    index + 1,
    node.active,
    most(
      samples.map(({ nodes }) => ({ nodes: [nodes[index]] })),
      ({ active }) => active,
    ),
    limit,
    after[index].active,
    after[index].opened - node.opened,
    after[index].rejected - node.rejected,
    mib(node.memory),
    mib(
      most(
        samples.map(({ nodes }) => ({ nodes: [nodes[index]] })),
        ({ memory }) => memory,
      ),
    ),
    mib(after[index].memory),
  ]);
  return `# Storm

Seed \`${seed}\`: ${size} clients, all cut off in one moment: nginx was killed and started again. The servers had told each to wait 3 s, a tenth more or less.

- first attempts between ${Math.min(...returned.map(({ after }) => after)).toFixed(2)} s and ${Math.max(...returned.map(({ after }) => after)).toFixed(2)} s after the cut; all streams open again after ${back.seconds.toFixed(1)} s
- no client came back before its own reconnection time; the shortest wait was ${Math.min(...returned.map(({ multiple }) => multiple)).toFixed(3)} of it, the longest ${Math.max(...returned.map(({ multiple }) => multiple)).toFixed(3)}
- full jitter spreads the wait evenly over [1, 2] reconnection times: the ${returned.length} waits are at most ${apart.toFixed(3)} from that (Kolmogorov–Smirnov; one chance in a hundred allows ${critical.toFixed(3)})
- the busiest tenth of a second brought ${peak} attempts, predicted ${expected.toFixed(0)}; without jitter it would have been all ${size}
- ${log.to - log.from + 1} events: ${offenders(result.verdicts).length === 0 ? 'nothing lost, repeated or out of order' : '**NOT what it should be**'}

![Returns over time](storm.svg)
![Waits as multiples of the reconnection time](storm-waits.svg)

The servers held no more streams than they may, and refused ${refused}:

${table(['node', 'streams before', 'at most', 'limit', 'after', 'opened', 'refused', 'memory before', 'at most', 'after'], nodes)}
`;
}

export function figures(result) {
  const returned = returns(result);
  const end = Math.max(...returned.map(({ after }) => after)) + 0.5;
  const overTime = (Plot, { returned, line }) => ({
    marginTop: 40,
    x: { label: 'seconds since the cut' },
    y: { label: 'attempts in 0.1 s', grid: true },
    marks: [
      Plot.rectY(returned, Plot.binX({ y: 'count' }, { x: 'after', interval: 0.1, fill: '#1663b5', fillOpacity: 0.6 })),
      Plot.lineY(line, { x: (bin) => bin.at + 0.05, y: 'count', stroke: '#c0392b', strokeWidth: 2 }),
      Plot.tickX(
        returned.filter(({ name }) => !name.startsWith('native')),
        { x: 'after', stroke: '#222', insetTop: 300 },
      ),
      Plot.text(['measured (bars), predicted by full jitter (line), clients in browsers and Node (ticks)'], {
        frameAnchor: 'top-right',
        dy: -20,
      }),
    ],
  });
  const waits = (Plot, returned) => ({
    x: { label: 'wait ÷ reconnection time', domain: [0.9, 2.3] },
    y: { label: 'share of clients', grid: true },
    marks: [
      Plot.line(
        [
          [0.9, 0],
          [1, 0],
          [2, 1],
          [2.3, 1],
        ],
        { stroke: '#c0392b', strokeWidth: 2 },
      ),
      Plot.line(
        returned
          .toSorted((a, b) => a.multiple - b.multiple)
          .map(({ multiple }, index) => [multiple, (index + 1) / returned.length]),
        { stroke: '#1663b5', strokeWidth: 1.5 },
      ),
    ],
  });
  return [
    { file: 'storm.svg', draw: overTime, data: { returned, line: predicted(returned, end) } },
    { file: 'storm-waits.svg', draw: waits, data: returned },
  ];
}
