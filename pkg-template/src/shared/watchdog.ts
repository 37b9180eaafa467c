// Replaces a leading tab that does not answer.
import { monotonic } from '../clock.ts';

/** What the watchdog does about a silent leader. */
export interface WatchdogCallbacks {
  /** Requests an answer. */
  ping(): void;
  /** Called when the leader has not answered for the timeout. */
  giveUp(): void;
}

/**
 * Detects a leading tab that does not answer: it may hang, or the browser may have stopped it without an event. A busy
 * leader answers late, a stopped leader never.
 */
export class Watchdog {
  readonly #timeout: number;
  readonly #callbacks: WatchdogCallbacks;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastMessageAt = 0;
  #pingedAt: number | undefined;

  /** `timeout` is in milliseconds. */
  constructor(timeout: number, callbacks: WatchdogCallbacks) {
    this.#timeout = timeout;
    this.#callbacks = callbacks;
  }

  start(): void {
    this.stop();
    this.reset();
    // The interval is random, so that not all tabs act at the same time.
    this.#timer = setInterval(() => this.#check(), this.#timeout * (0.5 + Math.random() / 2));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Restarts the timeout: the leader has sent a message. */
  reset(): void {
    this.#lastMessageAt = monotonic();
    this.#pingedAt = undefined;
  }

  #check(): void {
    const now = monotonic();
    if (this.#pingedAt === undefined) {
      if (now - this.#lastMessageAt < this.#timeout) return;
      // This tab may have been stopped itself, so the leader gets the full timeout from now on.
      this.#pingedAt = now;
      this.#callbacks.ping();
    } else if (now - this.#pingedAt >= this.#timeout) {
      this.reset();
      this.#callbacks.giveUp();
    }
  }
}
