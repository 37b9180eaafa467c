/** How much is read at once into a buffer of ours, in bytes. */
const BUFFER = 64 << 10;

/** Reads a response's body piece by piece. */
export class Body {
  #reader;
  /** What the next piece is read into. One buffer goes to and fro, so that a fast server makes no garbage, and no piece is
   *  so large that it would block the page. */
  #view;

  /**
   * Locks `stream`. Throws a `TypeError` if it is locked already. `response`: what it is the body of, if it is.
   *
   * Only a body that the platform has made, and none that somebody gave to a response, which has no URL, is read into a
   * buffer of ours: whoever makes a stream of bytes by himself may close it without an answer to a read that waits for more.
   */
  constructor(stream, response) {
    try {
      if (response?.url) {
        this.#reader = stream.getReader({ mode: 'byob' });
        this.#view = new Uint8Array(BUFFER);
      }
    } catch {
      // A stream that is no byte stream refuses, and so does an old engine.
    }
    this.#reader ??= stream.getReader();
  }

  /** A promise of what the reader says. The piece before it is gone then. */
  read() {
    return this.#reader.read(this.#view);
  }

  /** The piece that was read. */
  take(piece) {
    if (this.#view) this.#view = new Uint8Array(piece.buffer);
    return piece;
  }

  cancel(...reason) {
    // Cancelling a stream that broke off rejects; nobody else would take notice of it.
    this.#reader.cancel(...reason).catch(() => {});
  }
}
