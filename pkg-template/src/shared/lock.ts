// The election of the leading tab.

/** Receives the fate of a lock. */
export interface LockCallbacks {
  /** This tab holds the lock. */
  won(): void;
  /** Another tab has stolen the lock. */
  lost(): void;
  /** This context may not use locks. */
  refused(): void;
}

/**
 * The Web Lock of the tab that connects. The browser grants it to one tab at a time, and to the next tab when that tab is
 * closed or crashes.
 */
export class Lock {
  readonly #name: string;
  readonly #callbacks: LockCallbacks;
  #held: AbortController | undefined;

  constructor(name: string, callbacks: LockCallbacks) {
    this.#name = name;
    this.#callbacks = callbacks;
  }

  /** Waits for the lock. `steal`: takes it from a tab that does not answer. */
  request({ steal = false } = {}): void {
    this.release();
    const held = new AbortController();
    const { signal } = held;
    this.#held = held;
    const hold = (): Promise<unknown> | undefined => {
      if (signal.aborted) return undefined;
      this.#callbacks.won();
      return new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    navigator.locks.request(this.#name, steal ? { steal } : { signal }, hold).catch((error) => {
      if (signal.aborted) return;
      if (error.name === 'AbortError') this.#callbacks.lost();
      else this.#callbacks.refused();
    });
  }

  /** Releases the lock, or stops waiting for it. */
  release(): void {
    this.#held?.abort();
  }

  /** Releases the lock after the messages that were posted before have arrived. */
  releaseLater(): void {
    const held = this.#held;
    setTimeout(() => held?.abort(), 200);
  }
}
