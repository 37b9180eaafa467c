const BUFFER = 65_536;

/** Not a client: what reading and decoding cost. Calls `onText` for what each chunk holds, until it returns `true`. */
export async function readBarely(url, onText) {
  const decoder = new TextDecoder();
  await readBytes(url, (bytes) => onText(decoder.decode(bytes)));
}

/**
 * Not a client either: what reading, decoding and handing over cost, without looking for any event. Cuts the stream into
 * pieces as long as its events are on average, and calls `onMessage` with an object for each.
 */
export async function readByMeasure(url, onMessage) {
  const decoder = new TextDecoder();
  let length;
  await readBytes(url, (bytes) => {
    // A decoder's price for a byte rises with what it is given.
    for (let from = 0; from < bytes.length; from += BUFFER / 2) {
      const text = decoder.decode(bytes.subarray(from, from + BUFFER / 2));
      length ??= Math.ceil(text.length / text.split('\n\n').length);
      for (let at = 0; at < text.length; at += length) {
        onMessage({ id: '', event: '', data: text.slice(at + 6, at + length - 2), retry: undefined });
      }
    }
  });
}

async function readBytes(url, onBytes) {
  const { body } = await fetch(url);
  const reader = body.getReader({ mode: 'byob' });
  let { value, done } = await reader.read(new Uint8Array(BUFFER));
  while (!done && !onBytes(value)) {
    ({ value, done } = await reader.read(new Uint8Array(value.buffer)));
  }
  await reader.cancel();
}
