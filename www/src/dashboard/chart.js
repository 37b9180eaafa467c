// A line over the last minute, drawn by uPlot.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

const POINTS = 60;

export class Chart {
  #plot;
  #times = [];
  #values = [];

  /**
   * @param place the element to draw in; its size is followed, its colours are used
   * @param range lowest and highest value; as the data needs it if not given
   */
  constructor(place, range) {
    const style = getComputedStyle(place);
    const size = () => ({ width: place.clientWidth, height: place.clientHeight });
    const ink = { stroke: () => style.color, grid: { stroke: () => style.borderTopColor }, ticks: { show: false } };
    const options = {
      ...size(),
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: range ? { range } : { range: roomy } },
      axes: [
        { ...ink, show: false },
        { ...ink, size: 52, font: '12px system-ui' },
      ],
      series: [{}, { stroke: () => style.outlineColor, width: 2, points: { show: false } }],
    };
    this.#plot = new uPlot(options, [[], []], place);
    new ResizeObserver(() => this.#plot.setSize(size())).observe(place);
  }

  add(value) {
    this.#times.push(performance.now() / 1000);
    this.#values.push(value);
    if (this.#times.length > POINTS) {
      this.#times.shift();
      this.#values.shift();
    }
    this.#plot.setData([this.#times, this.#values]);
  }
}

/** Some room above and below, also for a line that is flat. */
function roomy(_plot, low, high) {
  const room = Math.max((high - low) * 0.2, Math.abs(high) * 0.02, 1);
  return [Math.max(0, low - room), high + room];
}
