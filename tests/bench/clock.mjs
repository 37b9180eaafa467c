/** Milliseconds of the processor that the main thread has used: the machine may do other work. In a
 *  browser only the program that started it can tell. */
export async function now() {
  if (!globalThis.document) return process.cpuUsage().user / 1000;
  return (await usage()).cpu;
}

/** `{ cpu, peak }`: milliseconds, and bytes of memory at the most since the last reset. */
export async function usage({ reset = false } = {}) {
  const response = await fetch(`/usage${reset ? '?reset' : ''}`, { cache: 'no-store' });
  return response.json();
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

export const pause = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
