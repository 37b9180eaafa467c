// Reads the body of a response.

/** The size of the buffer that a body is read into, in bytes. */
const BUFFER = 64 << 10;

const { process } = globalThis as { process?: { versions?: object } };

/** Reads the body of a response chunk by chunk. */
export class BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader;
  /** The buffer of the next chunk. It is reused, so a fast server creates no garbage, and no chunk blocks the page. */
  #view: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Locks `stream`. Throws a `TypeError` if it is locked already.
   *
   * Uses BYOB reads only for the responses of a browser's network. A stream made by the user, also behind the clones of a
   * mock, may close without answering a pending BYOB read, which then never settles.
   */
  constructor(stream: ReadableStream<Uint8Array>, response?: unknown) {
    let reader: ReadableStreamBYOBReader | undefined;
    try {
      // The original getter throws for a substitute, and is empty for a response made by the user. In Node.js, mocks such
      // as MSW set the internal URL, and BYOB reads are not faster.
      if (!process?.versions && Reflect.get(Response.prototype, 'url', response)) {
        reader = stream.getReader({ mode: 'byob' });
        this.#view = new Uint8Array(BUFFER);
      }
    } catch {
      // The stream is no byte stream, or the engine has no BYOB reader.
    }
    this.#reader = reader ?? stream.getReader();
  }

  /** Reads the next chunk. The previous chunk is overwritten. */
  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const view = this.#view;
    if (!view) return (this.#reader as ReadableStreamDefaultReader<Uint8Array>).read();
    return (this.#reader as ReadableStreamBYOBReader).read(view) as Promise<ReadableStreamReadResult<Uint8Array>>;
  }

  /** Returns the chunk of a read, after its buffer was taken back for the next read. */
  take(chunk: Uint8Array): Uint8Array {
    if (this.#view) this.#view = new Uint8Array(chunk.buffer as ArrayBuffer);
    return chunk;
  }

  cancel(...reason: [reason?: unknown]): void {
    // Cancelling a stream that failed rejects with the error that the read has reported.
    this.#reader.cancel(...reason).catch(() => {});
  }
}
