// Ours and the browser's own EventSource read the same events, at the same time.
import markup from './race.html?raw';
import './race.css';
import { byId, place, seconds } from '../page.js';

place('race', markup);
byId('start-race').addEventListener('click', start);

async function start() {
  byId('start-race').disabled = true;
  byId('race-verdict').textContent = '';
  const total = Number(byId('race-length').value);
  const url = new URL(`/demo/flood?events=${total}`, location.href).href;
  try {
    const [ours, native] = await Promise.all([run('ours', url, total), run('native', url, total)]);
    const times = (native / ours).toFixed(1);
    byId('race-verdict').textContent = `${seconds(ours)} against ${seconds(native)}: ${times} times as fast`;
  } catch (error) {
    byId('race-verdict').textContent = `No race: ${error.message}`;
  }
  byId('start-race').disabled = false;
}

/** Runs one lane to its end; resolves to the milliseconds from the first event to the last. */
function run(runner, url, total) {
  const worker = new Worker(new URL('./runner.js', import.meta.url), { type: 'module' });
  const result = new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not start'));
    worker.onmessage = ({ data }) => {
      if (data.error) reject(new Error(data.error));
      else show(runner, data, total);
      if (data.events === total) resolve(data.time);
    };
  });
  worker.postMessage({ runner, url, total });
  return result.finally(() => worker.terminate());
}

function show(runner, { events, time }, total) {
  const lane = byId(`lane-${runner}`);
  const rate = time > 0 ? Math.round((events / time) * 1000) : 0;
  lane.querySelector('.rate').textContent = `${rate.toLocaleString('en')} events/s`;
  lane.querySelector('progress').value = events / total;
  lane.querySelector('.result').textContent = `${events.toLocaleString('en')} events in ${seconds(time)}`;
}
