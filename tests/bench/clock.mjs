/** Milliseconds of the processor that the main thread has used: the machine may do other work. In a
 *  browser only the program that started it can tell. */
export async function now() {
  if (!globalThis.document) {
    // Both: how the time of a process is divided between the two is a guess of the kernel's.
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
  return (await usage()).cpu;
}

/** `{ cpu, peak }`: milliseconds, and bytes of memory at the most since the last reset. */
export async function usage({ reset = false } = {}) {
  const response = await fetch(`/usage${reset ? '?reset' : ''}`, { cache: 'no-store' });
  return response.json();
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

export const pause = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The rows, beginning with another in each round: who comes after whom, and clears up after whom, shall not decide. */
export function rotated(rows, round) {
  const first = (round + rows.length) % rows.length;
  return [...rows.slice(first), ...rows.slice(0, first)];
}
