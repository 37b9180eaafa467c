/**
 * What a new leader will say again, because it has had less of the stream than we.
 *
 * It goes on from `id`; `had` are the records that we have had since then. The server sends them in
 * the same order as before, so the first event that is not among them is news, and all that follow.
 */
export class Repeats {
  #id;
  #ids;

  constructor(id, had = []) {
    this.#id = id;
    this.#ids = new Set(had.map(([known]) => known));
  }

  /** The record as far as it is news to somebody who stands at `lastEventId`. */
  news(record, lastEventId) {
    const [id, ...event] = record;
    if (this.#ids.size === 0) return record;
    if (this.#ids.has(id)) {
      if (id === lastEventId) this.#ids.clear();
      return undefined;
    }
    // Events without an ID do not come again, and must not set us back.
    if (id === this.#id) return [lastEventId, ...event];
    this.#ids.clear();
    return record;
  }
}
