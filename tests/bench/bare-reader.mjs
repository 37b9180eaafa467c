/** Not a client: what reading and decoding cost. Calls `onText` for what each chunk holds, until it returns `true`. */
export async function readBarely(url, onText) {
  const decoder = new TextDecoder();
  const { body } = await fetch(url);
  const reader = body.getReader({ mode: 'byob' });
  let { value, done } = await reader.read(new Uint8Array(65_536));
  while (!done && !onText(decoder.decode(value))) {
    ({ value, done } = await reader.read(new Uint8Array(value.buffer)));
  }
  await reader.cancel();
}
