/** Milliseconds after which an event that others have counts as missing. */
const GRACE = 400;

/** How far the numbers of the log have come, as the lanes know it. */
export class Axis {
  /** Names the log: another epoch counts from the beginning. */
  epoch = '';
  #newest = 0;
  #receivedAt = 0;
  /** Milliseconds from one event to the next, as it was lately. */
  #interval = 1000;

  /** Notes that a lane received the event `number` at the time `now`. */
  note(epoch, number, now) {
    const isNext = epoch === this.epoch && number === this.#newest + 1;
    if (epoch === this.epoch && number <= this.#newest) return;
    const gap = now - this.#receivedAt;
    // The events that the server sends again after a reconnect say nothing about its pace.
    if (isNext && gap > 50 && gap < 3 * this.#interval) this.#interval += (gap - this.#interval) / 3;
    this.epoch = epoch;
    this.#newest = number;
    this.#receivedAt = now;
  }

  /** The number of the newest event: received, or expected by now at the usual pace. */
  newest(now) {
    if (!this.epoch) return 0;
    const overdue = (now - this.#receivedAt) / this.#interval - 1;
    return this.#newest + Math.max(0, Math.floor(overdue));
  }
}

/** What one source received, by the numbers in the ids. */
export class Lane {
  /** Whether this source can never receive what it missed. */
  isOver = false;
  #epoch = '';
  #first = 0;
  #last = 0;
  /** The numbers received, and whether each came after its place was seen empty. */
  #received = new Map();
  /** The numbers that others have and this lane has not, and since when. */
  #missingSince = new Map();

  constructor(axis) {
    this.axis = axis;
  }

  /** Takes an event. Ids are `<epoch>-<number>`. */
  receive({ lastEventId }, now = performance.now()) {
    const at = lastEventId.lastIndexOf('-');
    const [epoch, number] = [lastEventId.slice(0, at), Number(lastEventId.slice(at + 1))];
    if (at < 0 || !Number.isSafeInteger(number)) return;
    if (epoch !== this.#epoch) this.#begin(epoch, number);
    const since = this.#missingSince.get(number) ?? now;
    this.#missingSince.delete(number);
    this.#received.set(number, now - since > GRACE);
    this.#last = Math.max(this.#last, number);
    this.axis.note(epoch, number, now);
  }

  /** What is to be shown for a number: `''` if this lane had not begun yet, or has just a little delay. */
  look(number, now) {
    if (this.#epoch !== this.axis.epoch || number < this.#first || number < 1) return '';
    const wasLate = this.#received.get(number);
    if (wasLate !== undefined) return wasLate ? 'late' : 'received';
    if (number < this.#last || this.isOver) return 'lost';
    if (!this.#missingSince.has(number)) this.#missingSince.set(number, now);
    return now - this.#missingSince.get(number) > GRACE ? 'missing' : '';
  }

  /** Forgets what is no longer shown. */
  forgetBefore(number) {
    for (const old of this.#received.keys()) if (old < number) this.#received.delete(old);
    for (const old of this.#missingSince.keys()) if (old < number) this.#missingSince.delete(old);
  }

  #begin(epoch, number) {
    this.#epoch = epoch;
    this.#first = number;
    this.#last = number;
    this.#received.clear();
    this.#missingSince.clear();
  }
}
