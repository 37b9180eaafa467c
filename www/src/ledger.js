/** What the server says to one connection alone: these have no ids of their own. */
const WITHOUT_ID = ['connected', 'gap', 'shutdown'];
const isGreeting = ({ type, data }) => type === 'message' && data.includes('Connected to server');

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

  enter(event) {
    if (WITHOUT_ID.includes(event.type) || isGreeting(event)) return;
    const [epoch, number] = event.lastEventId.split('-');
    const step = Number(number) - this.#last;
    this.received += 1;
    if (epoch === this.#epoch && step < 1) {
      this.twice += 1;
      return;
    }
    if (epoch === this.#epoch) this.lost += step - 1;
    this.#epoch = epoch;
    this.#last = Number(number);
  }
}
