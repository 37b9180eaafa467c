// The bar chart of parsing speed for the README, as SVG.
import { median } from './clock.mjs';
import { OURS } from './names.mjs';
import { undisturbed } from './report.mjs';

const PEER = 'eventsource-parser';
const WIDTH = 640;
const LEFT = 250;
const BAR = 22;
const GROUP = 76;
const TOP = 72;

/** The speed relative to the peer in each cell, by processor time. */
const coldRatios = ({ cells }) =>
  cells.map(({ times }) => median(times[PEER].map((time, round) => time / times[OURS][round])));

/** The same by the clock. */
const warmRatios = ({ cells }) => cells.map(({ times }) => undisturbed(times[PEER]) / undisturbed(times[OURS]));

const mean = (numbers) => Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length);

/** Three numbers, each of a cold and of a warm process. */
export function summary({ parse, warm }) {
  const of = (engine) => [coldRatios(parse.engines[engine]), warmRatios(warm.engines[engine])];
  const [node, chromium] = [of('Node'), of('Chromium')];
  return [
    ['Node.js, mean of all texts', ...node.map(mean)],
    ['Chromium, mean of all texts', ...chromium.map(mean)],
    ['Chromium, the slowest text', ...chromium.map((ratios) => Math.min(...ratios))],
  ];
}

/** Returns the chart. Its colours follow the colour scheme of the reader. */
export function chart(results) {
  const rows = summary(results);
  const most = Math.max(...rows.flatMap(([, ...values]) => values));
  const scale = (WIDTH - LEFT - 60) / most;
  const height = TOP + rows.length * GROUP + 30;
  const bar = (value, kind, y) =>
    `<rect class="${kind}" x="${LEFT}" y="${y}" width="${(value * scale).toFixed(1)}" height="${BAR}" rx="3"/>` +
    `<text class="value" x="${(LEFT + value * scale + 8).toFixed(1)}" y="${y + 16}">${value.toFixed(2)}×</text>`;
  const groups = rows.map(([label, cold, warm], index) => {
    const y = TOP + index * GROUP;
    return (
      `<text class="label" x="${LEFT - 14}" y="${y + 28}" text-anchor="end">${label}</text>` +
      bar(cold, 'cold', y) +
      bar(warm, 'warm', y + BAR + 4)
    );
  });
  const one = (LEFT + scale).toFixed(1);
  const text = rows
    .map(([label, cold, warm]) => `${label}: cold ${cold.toFixed(2)}, warm ${warm.toFixed(2)}`)
    .join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Parsing speed as a multiple of eventsource-parser. ${text}">
<style>
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 16px }
.value { font-variant-numeric: tabular-nums }
.cold { fill: #0969da }
.warm { fill: #bc4c00 }
.one { stroke: #59636e; stroke-dasharray: 4 4 }
.note { fill: #59636e; font-size: 12px }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.cold { fill: #4493f8 }
.warm { fill: #f0883e }
.one { stroke: #9198a1 }
.note { fill: #9198a1 }
}
</style>
<text class="title" x="0" y="18">Parsing speed as a multiple of ${PEER}</text>
<rect class="cold" x="0" y="34" width="14" height="14" rx="3"/><text x="20" y="46">cold process</text>
<rect class="warm" x="130" y="34" width="14" height="14" rx="3"/><text x="150" y="46">warm process</text>
<line class="one" x1="${one}" x2="${one}" y1="${TOP - 8}" y2="${height - 26}"/>
<text class="note" x="${one}" y="${height - 10}" text-anchor="middle">equally fast</text>
${groups.join('\n')}
</svg>
`;
}
