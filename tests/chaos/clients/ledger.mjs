// What a client got, as it came. Runs in pages, in workers and in Node.

/** The publisher writes a number, a colon, and as many letters as the number's last two digits say. */
export const dataOf = (number) => `${number}:${'x'.repeat(number % 100)}`;

const isWhole = (data) => data === dataOf(Number.parseInt(data, 10));

/** The list of ids is kept as runs of consecutive ones, which says the same in a few bytes: whatever
 *  is lost, repeated or out of order begins another run. */
export class Ledger {
  runs = [];
  gaps = [];
  last = '';
  damaged = 0;
  connections = 0;
  failures = {};
  stopped = null;
  returns = [];

  constructor(name) {
    this.name = name;
  }

  event({ lastEventId, data }) {
    if (!isWhole(data)) this.damaged += 1;
    this.last = lastEventId;
    const [epoch, seq] = lastEventId.split('-').map(Number);
    const run = this.runs.at(-1);
    const isAfterGap = this.gaps.at(-1)?.[0] === this.runs.length;
    if (run && run[0] === epoch && run[2] + 1 === seq && !isAfterGap) run[2] = seq;
    else this.runs.push([epoch, seq, seq]);
  }

  /** A `gap` event, with the number of runs before it. */
  gap({ data }) {
    this.gaps.push([this.runs.length, JSON.parse(data)]);
  }

  failed(reason) {
    this.failures[reason] = (this.failures[reason] ?? 0) + 1;
  }

  /** Remembers the last few reconnects one by one. */
  returned(back) {
    this.returns.unshift(back);
    this.returns.length = Math.min(this.returns.length, 16);
  }
}
