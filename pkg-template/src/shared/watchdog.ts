/**
 * Finds out whether the tab that leads still answers: it may hang, or have been stopped without
 * being told. A leader that is busy answers late, one that is stopped never.
 */
export class Watchdog {
  #timeout;
  #calls;
  #timer;
  #heardAt;
  #askedAt;

  /** `calls.ask()`: have it say something. `calls.giveUp()`: it did not, for `timeout` ms. */
  constructor(timeout, calls) {
    this.#timeout = timeout;
    this.#calls = calls;
  }

  start() {
    this.stop();
    this.heard();
    // Not all tabs at the same time.
    this.#timer = setInterval(() => this.#check(), this.#timeout * (0.5 + Math.random() / 2));
  }

  stop() {
    clearInterval(this.#timer);
  }

  heard() {
    this.#heardAt = Date.now();
    this.#askedAt = undefined;
  }

  #check() {
    const now = Date.now();
    if (this.#askedAt === undefined) {
      if (now - this.#heardAt < this.#timeout) return;
      // We may have been stopped ourselves: it is given its time from now on.
      this.#askedAt = now;
      this.#calls.ask();
    } else if (now - this.#askedAt >= this.#timeout) {
      this.heard();
      this.#calls.giveUp();
    }
  }
}
