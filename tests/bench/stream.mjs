// End to end: a stream as fast as the client takes it.
import { pause, rotated, usage } from './clock.mjs';
import { clients } from './copies.mjs';

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

/** The longest task of the page, in milliseconds, while `work` ran: 0 if none took 50, which is the
 *  least that engines tell of; `undefined` where the engine tells of none. */
async function longestTask(work) {
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return void (await work());
  let longest = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  observer.observe({ type: 'longtask' });
  await work();
  // It is told of a task when the task is over, in another.
  await pause(50);
  observer.disconnect();
  return longest;
}

async function once(read, url, count) {
  const before = await usage({ reset: true });
  const start = performance.now();
  let seen = 0;
  let wall;
  let gap;
  let after;
  const task = await longestTask(async () => {
    gap = await longestGap(async () => {
      await read(url, count, () => {
        seen++;
      });
      wall = performance.now() - start;
    });
    after = await usage();
  });
  if (seen !== count && seen !== 0) throw new Error(`${seen} of ${count} events`);
  return { wall, gap, task, cpu: after.cpu - before.cpu, peak: after.peak };
}

/** By workload and client, the figures of each round. */
export async function measureStream({ streams, count, full }) {
  const rows = await clients();
  const results = [];
  for (const { workload, url } of streams) {
    const rounds = Object.fromEntries(rows.map(([name]) => [name, []]));
    for (let round = -1; round < (full ? 4 : 5); round++) {
      for (const [name, read] of rotated(rows, round)) {
        const figures = await once(read, url, count);
        if (round >= 0) rounds[name].push(figures);
      }
    }
    results.push({ workload, count, rounds });
  }
  return results;
}
