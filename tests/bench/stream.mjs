// End to end: a stream as fast as the client takes it.
import { CLIENTS } from './clients.mjs';
import { pause, usage } from './clock.mjs';

/** How long the page was deaf at the most, in milliseconds, while `work` ran. */
async function longestGap(work) {
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const tick = () => {
    const time = performance.now();
    longest = Math.max(longest, time - last);
    last = time;
    if (!isOver) setTimeout(tick, 5);
  };
  tick();
  await work();
  isOver = true;
  tick();
  return longest;
}

async function once(read, url, count) {
  const before = await usage({ reset: true });
  const start = performance.now();
  let seen = 0;
  let wall;
  const gap = await longestGap(async () => {
    await read(url, count, () => { seen++; });
    wall = performance.now() - start;
  });
  const after = await usage();
  if (seen !== count && seen !== 0) throw new Error(`${seen} of ${count} events`);
  return { wall, gap, cpu: after.cpu - before.cpu, peak: after.peak };
}

/** By workload and client, the figures of each round. */
export async function measureStream({ streams, count, full }) {
  const results = [];
  for (const { workload, url } of streams) {
    const rounds = Object.fromEntries(CLIENTS.map(([name]) => [name, []]));
    for (let round = -1; round < (full ? 9 : 2); round++) {
      for (const [name, read] of CLIENTS) {
        const figures = await once(read, url, count);
        if (round >= 0) rounds[name].push(figures);
        await pause(50);
      }
    }
    results.push({ workload, count, rounds });
  }
  return results;
}
