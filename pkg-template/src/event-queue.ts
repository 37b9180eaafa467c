// The queue between a source and one `for await` loop.

/** The number of consumed events after which their array is shortened. A loop that is always a little late never empties it. */
const MAX_CONSUMED = 1024;

/** A `next()` that waits for an event. */
interface Waiting<Event> {
  resolve(result: IteratorResult<Event, undefined>): void;
  reject(error: unknown): void;
}

/** An event, by what the queue reads of it. */
interface Positioned {
  readonly lastEventId: string;
}

/**
 * Holds the events that one `for await` loop has not consumed yet. While it holds any, the source reads nothing from the
 * network, so a slow loop slows down the source.
 */
export class EventQueue<Event extends Positioned> {
  /** The ID of the latest event that the loop has taken, or the ID at which the loop started. */
  position: string;
  #events: Event[] = [];
  /** How many of `#events` were consumed. */
  #consumed = 0;
  /** How many events were dropped, because the loop was left or the source was closed. */
  #dropped = 0;
  #waiting: Waiting<Event>[] = [];
  #drains: (() => void)[] = [];
  #isHeld = false;
  /** Empty after the end, or the one error that `next()` still has to throw. */
  #ended: [error?: unknown] | undefined;

  constructor(position = '') {
    this.position = position;
  }

  get isFull(): boolean {
    return this.#events.length > 0;
  }

  /** The number of events that the loop has not taken, including dropped events. */
  get lag(): number {
    return this.#events.length - this.#consumed + this.#dropped;
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** Resolves when all events are consumed. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#drains.push(resolve));
  }

  push(event: Event): void {
    this.#events.push(event);
    this.#settle();
  }

  /** Ends the queue. The error, if there is one, is thrown after the queued events. */
  end(...error: [error?: unknown]): void {
    this.#ended ??= error;
    this.#settle();
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    if (this.isFull && !this.#isHeld) return Promise.resolve(this.#consume());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#settle();
    });
  }

  /** Withholds the events until `release()`: `next()` waits. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#settle();
  }

  /** Settles the calls of `next()` that wait, in their order. */
  #settle(): void {
    while (this.#waiting.length > 0) {
      if (this.isFull ? this.#isHeld : !this.isOver) return;
      const waiting = this.#waiting.shift()!;
      if (this.isFull) waiting.resolve(this.#consume());
      else this.#finish(waiting);
    }
  }

  #consume(): IteratorYieldResult<Event> {
    const value = this.#events[this.#consumed++]!;
    this.position = value.lastEventId;
    if (this.#consumed === this.#events.length) this.clear();
    // Each removal moves all events that are left, so it waits until they are the smaller half.
    else if (this.#consumed >= MAX_CONSUMED && 2 * this.#consumed >= this.#events.length) this.#removeConsumed();
    return { value, done: false };
  }

  #removeConsumed(): void {
    this.#events.splice(0, this.#consumed);
    this.#consumed = 0;
  }

  /** Drops the events that are not consumed. */
  clear(): void {
    this.#dropped = this.lag;
    this.#events = [];
    this.#consumed = 0;
    for (const drained of this.#drains.splice(0)) drained();
  }

  /** Ends the queue because the loop was left. */
  cancel(): void {
    this.clear();
    this.#ended = [];
    this.end();
  }

  #finish({ resolve, reject }: Waiting<Event>): void {
    const error = this.#ended!;
    this.#ended = [];
    if (error.length > 0) reject(error[0]);
    else resolve({ value: undefined, done: true });
  }
}

/** Returns the iterator of a queue. Leaving the loop early calls `leave`. */
export function iterator<Event extends Positioned>(
  queue: EventQueue<Event>,
  leave?: () => void,
): AsyncIterableIterator<Event> {
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
