/** From so many on the events that were taken are let go: a loop that is always a little behind has no end. */
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
  #isHeld = false;
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
    this.#events.push(event);
    this.#answer();
  }

  /** No more events will come; the error, if there is one, is thrown once those that came were taken. */
  end(...error) {
    this.#over ??= error;
    this.#answer();
  }

  next() {
    if (this.isFull && !this.#isHeld) return Promise.resolve(this.#take());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#answer();
    });
  }

  /** Keeps the events back; who asks for one waits until they are released. */
  hold() {
    this.#isHeld = true;
  }

  release() {
    this.#isHeld = false;
    this.#answer();
  }

  /** Those who wait, in the order in which they asked. */
  #answer() {
    while (this.#waiting.length > 0) {
      if (this.isFull ? this.#isHeld : !this.isOver) return;
      const waiting = this.#waiting.shift();
      if (this.isFull) waiting.resolve(this.#take());
      else this.#finish(waiting);
    }
  }

  #take() {
    const value = this.#events[this.#taken++];
    if (this.#taken === this.#events.length) this.clear();
    // Not more seldom, nor more often: each time all that is left moves.
    else if (this.#taken >= TAKEN && 2 * this.#taken >= this.#events.length) this.#forget();
    return { value, done: false };
  }

  #forget() {
    this.#events.splice(0, this.#taken);
    this.#taken = 0;
  }

  /** Forgets the events that nobody has taken. */
  clear() {
    this.#events = [];
    this.#taken = 0;
    this.#drain();
  }

  /** The loop has left. */
  cancel() {
    this.clear();
    this.#over = [];
    this.end();
  }

  #drain() {
    for (const drained of this.#drains.splice(0)) drained();
  }

  #finish({ resolve, reject }) {
    const error = this.#over;
    this.#over = [];
    if (error.length > 0) reject(error[0]);
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
