// Waits with a limit. Runs in Node and in pages.

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Waits until `look()` returns something true, and returns that.
 *  @param {string | (() => string)} what names the condition in the error
 *  @param patience the limit, in milliseconds
 *  @param pause the time between two calls of `look` */
export async function until(what, look, patience = 60_000, pause = 20) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(pause)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`no sign of ${typeof what === 'string' ? what : what()} in ${patience / 1000} s`);
}

/** Returns a promise like `new Promise(executor)` that rejects after `patience` milliseconds. */
export function within(what, executor, patience) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no sign of ${what} in ${patience / 1000} s`)), patience);
  });
  return Promise.race([new Promise(executor), deadline]).finally(() => clearTimeout(timer));
}
