/** How much is read at once into a buffer of ours, in bytes. */
const BUFFER = 64 << 10;

/** Reads a response's body piece by piece. */
export class Body {
  #reader;
  /** What the next piece is read into. One buffer goes to and fro, so that a fast server makes no garbage, and no piece is
   *  so large that it would block the page. */
  #view;

  /** Locks `stream`. Throws a `TypeError` if it is locked already. */
  constructor(stream) {
    try {
      this.#reader = stream.getReader({ mode: 'byob' });
      this.#view = new Uint8Array(BUFFER);
    } catch {
      // A stream that is no byte stream refuses, and so does an old engine.
      this.#reader = stream.getReader();
    }
  }

  /** A promise of what is to be [taken](Body#take). The piece before it is gone then. */
  read() {
    return this.#reader.read(this.#view);
  }

  /** The piece that was read; `undefined` at the end of the body. */
  take({ value, done }) {
    if (done) return undefined;
    if (this.#view) this.#view = new Uint8Array(value.buffer);
    return value;
  }

  cancel(...reason) {
    // Cancelling a stream that broke off rejects; nobody else would take notice of it.
    this.#reader.cancel(...reason).catch(() => {});
  }
}
