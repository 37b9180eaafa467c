/** After so many the events that were taken are let go: a loop that is always a little behind has no end. */
const TAKEN = 1024;

/**
 * The events that one `for await` has not taken yet. While there are any, the source reads
 * nothing more from the network: the pace of the loop is the pace of the source.
 */
export class EventQueue {
  #events = [];
  /** How many of them were taken. */
  #taken = 0;
  #waiting = [];
  #drains = [];
  #over;

  get isFull() {
    return this.#events.length > 0;
  }

  get isOver() {
    return this.#over !== undefined;
  }

  /** Resolves when all events were taken. */
  drained() {
    return new Promise((resolve) => this.#drains.push(resolve));
  }

  push(event) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ value: event, done: false });
    else this.#events.push(event);
  }

  /** No more events will come; `error` is thrown once those that came were taken. */
  end(error) {
    this.#over ??= { error };
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  next() {
    if (this.isFull) {
      const value = this.#events[this.#taken++];
      if (this.#taken === this.#events.length) this.clear();
      else if (this.#taken === TAKEN) this.#forget();
      return Promise.resolve({ value, done: false });
    }
    return new Promise((resolve, reject) => {
      if (this.#over) this.#finish({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  #forget() {
    this.#events.splice(0, this.#taken);
    this.#taken = 0;
  }

  /** Forgets the events that nobody has taken. */
  clear() {
    this.#events = [];
    this.#taken = 0;
    this.#release();
  }

  /** The loop has left. */
  cancel() {
    this.clear();
    this.#over = {};
    this.end();
  }

  #release() {
    for (const drained of this.#drains.splice(0)) drained();
  }

  #finish({ resolve, reject }) {
    const { error } = this.#over;
    this.#over = {};
    if (error) reject(error);
    else resolve({ value: undefined, done: true });
  }
}

/** What a `for await` asks for the events of a queue; leaving the loop early calls `leave`. */
export function iterator(queue, leave) {
  return {
    next: () => queue.next(),
    return: async (value) => {
      queue.cancel();
      leave?.();
      return { value, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
