/**
 * The Web Lock that says which tab connects. It alone decides: the browser gives it to one tab at
 * a time, and to the next one when that tab is closed or crashes.
 */
export class Lock {
  #name;
  #calls;
  #held;

  /** `calls.won()`: it is ours. `calls.lost()`: another tab took it away. `calls.refused()`: this
   *  context may not use locks. */
  constructor(name, calls) {
    this.#name = name;
    this.#calls = calls;
  }

  /** Waits in line for the lock; `steal`: takes it away from a tab that does not answer. */
  request({ steal = false } = {}) {
    this.release();
    const held = new AbortController();
    const { signal } = held;
    this.#held = held;
    const hold = () => {
      if (signal.aborted) return undefined;
      this.#calls.won();
      return new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    navigator.locks.request(this.#name, steal ? { steal } : { signal }, hold).catch((error) => {
      if (signal.aborted) return;
      if (error.name === 'AbortError') this.#calls.lost();
      else this.#calls.refused();
    });
  }

  /** Gives the lock back, or leaves the line. */
  release() {
    this.#held?.abort();
  }

  /** … so late that what was posted before is heard first. */
  releaseLater() {
    const held = this.#held;
    setTimeout(() => held?.abort(), 200);
  }
}
