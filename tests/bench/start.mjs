// What a page pays at the start: each round in a worker of its own, where nothing is warm.
import { pause } from './clock.mjs';

function inWorker() {
  const worker = new Worker('start-worker.mjs', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  }).finally(() => worker.terminate());
}

/** Milliseconds of each round: `imported`, then from the construction to `requested`, and the same
 *  for the second source. */
export async function measureStart({ full }) {
  // The browser has just been started itself, and is busy with that.
  await pause(2000);
  await inWorker();
  const rounds = [];
  for (let round = 0; round < (full ? 25 : 9); round++) rounds.push(await inWorker());
  return rounds;
}
