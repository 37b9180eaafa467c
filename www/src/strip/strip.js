// A dot for each event: the page's stream above, the browser's own EventSource below.
import markup from './strip.html?raw';
import './strip.css';
import { byId, element, place } from '../page.js';
import { Axis, Lane } from './lane.js';
import { NativeSource, nativeSession } from './native.js';

place('strip', markup);

/** Dots that exist. The width of the page decides how many are seen. */
const DOTS = 64;
/** Milliseconds between two drawings. */
const PACE = 200;

const axis = new Axis();
const ours = new Lane(axis);
const native = new Lane(axis);
const lanes = { ours, native };
for (const name of Object.keys(lanes))
  byId(`strip-${name}`).append(...Array.from({ length: DOTS }, () => element('span', '')));

const nativeSource = new NativeSource({
  onEvent: (event) => native.receive(event),
  onState: showNativeState,
});

/** Takes an event of the page's stream. */
export const receive = (event) => ours.receive(event);

/** Connects the browser's own class. */
export const startNative = () => nativeSource.start();

/** Who suffers the same faults as the page's stream. */
export const sufferer = nativeSession;

byId('native-again').addEventListener('click', startNative);

function showNativeState(kind, text) {
  native.isOver = kind === 'bad';
  byId('native-state').className = kind;
  byId('native-state').textContent = text;
  byId('native-again').hidden = kind !== 'bad';
}

setInterval(() => {
  const now = performance.now();
  for (const [name, lane] of Object.entries(lanes)) draw(name, lane, now);
}, PACE);

function draw(name, lane, now) {
  const newest = axis.newest(now);
  const counts = { received: 0, late: 0, missing: 0, lost: 0 };
  for (const [index, dot] of [...byId(`strip-${name}`).children].entries()) {
    const number = newest - index;
    const look = lane.look(number, now);
    if (look) counts[look] += 1;
    dot.className = look;
    dot.textContent = look && String(number % 100).padStart(2, '0');
  }
  lane.forgetBefore(newest - DOTS);
  describe(name, counts);
}

function describe(name, { received, late, missing, lost }) {
  if (received + late + missing + lost === 0) return;
  const parts = [missing && `${missing} missing`, late && `${late} received after a reconnect`, lost && `${lost} lost`];
  const text = [`${received + late} of the last ${received + late + missing + lost} received`, ...parts].filter(
    Boolean,
  );
  byId(`strip-${name}-text`).textContent = text.join(', ');
  byId(`strip-${name}`).setAttribute('aria-label', text.join(', '));
}
