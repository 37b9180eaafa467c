const MOST_RECORDS = 1000;
const MOST_CHARACTERS = 2 ** 20;

/**
 * The latest part of a stream, so that whoever is a little behind can be given what is missing.
 *
 * A record is `[id, type, data, hasId]`: an event, with the last event ID as it is after it, and
 * whether that is its own. Without a type it is a comment, without data too it only moves the ID.
 */
export class Recent {
  #records;
  #characters = 0;

  /** Stands at `id`. */
  constructor(id) {
    this.#records = [[id]];
  }

  push(record) {
    this.#records.push(record);
    this.#characters += sizeOf(record);
    // The last one stays however large it is: it says where we stand.
    while (this.#records.length > MOST_RECORDS || (this.#characters > MOST_CHARACTERS && this.#records.length > 1)) {
      this.#characters -= sizeOf(this.#records.shift());
    }
  }

  /** What came after the event with this ID; `undefined` if nothing is known of it. */
  after(id) {
    const place = this.#records.findLastIndex(([known]) => known === id);
    return place < 0 || id === '' ? undefined : this.#records.slice(place + 1);
  }
}

function sizeOf([id, type = '', data = '']) {
  return id.length + type.length + data.length;
}
