// Reads the body of a response.
import { nextTask } from './yield-to-page.ts';

/** The size of the buffer that a body is read into, in bytes. */
const BUFFER = 64 << 10;

/** Reads the body of a response chunk by chunk. */
export class BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader;
  /** The buffer of the next chunk. It is reused, so a fast server creates no garbage, and no chunk blocks the page. */
  #view: Uint8Array<ArrayBuffer> | undefined;
  /** Ends the pending BYOB read. */
  #end = (): void => {};

  /**
   * Locks `stream`. Throws a `TypeError` if it is locked already.
   *
   * Uses BYOB reads for responses with a URL. A stream made by the user may close without answering a pending BYOB read.
   * That read never settles, so the end of the stream ends it.
   */
  constructor(stream: ReadableStream<Uint8Array>, response?: { readonly url?: string }) {
    let reader: ReadableStreamBYOBReader | undefined;
    try {
      if (response?.url) {
        reader = stream.getReader({ mode: 'byob' });
        this.#view = new Uint8Array(BUFFER);
      }
    } catch {
      // The stream is no byte stream, or the engine has no BYOB reader.
    }
    this.#reader = reader ?? stream.getReader();
    // In a task, because the stream closes before its last chunk is answered.
    reader?.closed.then(nextTask).then(
      () => this.#end(),
      () => {},
    );
  }

  /** Reads the next chunk. The previous chunk is overwritten. */
  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const view = this.#view;
    if (!view) return (this.#reader as ReadableStreamDefaultReader<Uint8Array>).read();
    return new Promise((resolve, reject) => {
      this.#end = () => resolve({ value: undefined, done: true });
      (this.#reader as ReadableStreamBYOBReader)
        .read(view)
        .then(resolve as (result: ReadableStreamReadResult<ArrayBufferView>) => void, reject);
    });
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
