// Drops what a new leader repeats.
import type { StreamRecord } from './replay-buffer.ts';

/**
 * Drops the records that a new leader sends again, because it had received less of the stream than this tab.
 *
 * The leader continues after `id`, and `received` are the records that this tab has received since then. The server repeats
 * them in the same order. The first event that is not among them is new, and so are all that follow.
 */
export class DuplicateFilter {
  readonly #id: string | undefined;
  readonly #ids: Set<string>;

  constructor(id?: string, received: StreamRecord[] = []) {
    this.#id = id;
    this.#ids = new Set(received.map(([known]) => known));
  }

  /** Returns the new part of a record for a tab at `lastEventId`, or `undefined` if nothing in it is new. */
  filter(record: StreamRecord, lastEventId: string): StreamRecord | undefined {
    const [id, ...event] = record;
    if (this.#ids.size === 0) return record;
    if (this.#ids.has(id)) {
      if (id === lastEventId) this.#ids.clear();
      return undefined;
    }
    // The server does not repeat events without an ID. They must not move this tab back.
    if (id === this.#id) return [lastEventId, ...event];
    this.#ids.clear();
    return record;
  }
}
