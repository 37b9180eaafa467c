// The body of an error response, as text.

/** How much of the body is read, in bytes. */
const LIMIT = 16_384;

/** How long the body is read, in milliseconds. */
const TIME = 1000;

/**
 * Reads the start of a body as UTF-8 without cutting a character, and cancels the rest. Returns `undefined` if the body
 * cannot be read.
 */
export async function readErrorBody({ body }: Response): Promise<string | undefined> {
  let text: string | undefined;
  try {
    const reader = body!.getReader();
    const decoder = new TextDecoder();
    let left = LIMIT;
    const stop = (): void => {
      left = 0;
      // Cancelling a stream that failed rejects with the error that the read has reported.
      reader.cancel().catch(() => {});
    };
    const timer = setTimeout(stop, TIME);
    text = '';
    try {
      while (left > 0) {
        const { value, done } = await reader.read();
        // Only the end of the body completes an unfinished character.
        if (done) {
          if (left > 0) text += decoder.decode();
          break;
        }
        const bytes = value.subarray(0, left);
        left -= bytes.length;
        text += decoder.decode(bytes, { stream: true });
      }
    } finally {
      clearTimeout(timer);
      stop();
    }
  } catch {
    // The connection broke, or the body is not a stream of bytes.
  }
  return text;
}
