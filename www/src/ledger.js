/**
 * Counts what arrived by the ids, `<epoch>-<number>`: within an epoch the numbers have no holes,
 * so a hole is a loss, and a number that is not new came twice.
 */
export class Ledger {
  received = 0;
  lost = 0;
  twice = 0;
  #epoch = '';
  #last = 0;

  enter(id) {
    const [epoch, number] = id.split('-');
    const step = Number(number) - this.#last;
    this.received += 1;
    if (epoch !== this.#epoch || step > 0) {
      if (epoch === this.#epoch) this.lost += step - 1;
      this.#epoch = epoch;
      this.#last = Number(number);
    } else {
      this.twice += 1;
    }
  }
}
