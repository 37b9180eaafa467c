// The latest part of a shared stream.

const MAX_RECORDS = 1000;
const MAX_CHARACTERS = 2 ** 20;

/**
 * One step of a stream: an event, a comment (without a type), or a change of the last event ID (without data).
 *
 * - `id`: the last event ID after this step.
 * - `hasId`: whether the event has its own ID.
 */
export type StreamRecord = [id: string, type?: string | undefined, data?: string | undefined, hasId?: boolean];

/** Keeps the latest records of a stream, so that a tab that lags behind receives the records that it missed. */
export class ReplayBuffer {
  readonly #records: StreamRecord[];
  #characters = 0;

  /** Begins at the last event ID `id`. */
  constructor(id: string) {
    this.#records = [[id]];
  }

  push(record: StreamRecord): void {
    this.#records.push(record);
    this.#characters += sizeOf(record);
    // The latest record is kept at any size, because it is the position in the stream.
    while (this.#records.length > MAX_RECORDS || (this.#characters > MAX_CHARACTERS && this.#records.length > 1)) {
      this.#characters -= sizeOf(this.#records.shift()!);
    }
  }

  /** Returns the records after the event with this ID, or `undefined` if the ID is not in the buffer. */
  after(id: string): StreamRecord[] | undefined {
    const place = this.#records.findLastIndex(([known]) => known === id);
    return place < 0 || id === '' ? undefined : this.#records.slice(place + 1);
  }
}

function sizeOf([id, type = '', data = '']: StreamRecord): number {
  return id.length + type.length + data.length;
}
