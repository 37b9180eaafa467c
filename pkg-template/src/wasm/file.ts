/**
 * The WebAssembly, from the file beside the script: cached by itself, compiled while it arrives.
 * Bundlers know this form of address, and copy the file to where the script will look for it.
 *
 * @returns {Promise<WebAssembly.Module>}
 */
export async function source() {
  const response = await fetch(new URL('./authenticated_event_source.wasm', import.meta.url));
  const copy = response.clone();
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (error) {
    const bytes = new Uint8Array(await copy.arrayBuffer());
    // What is no WebAssembly does not compile, and nor does what the page's policy forbids.
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== '\0asm') {
      throw new Error(`${response.url} is no WebAssembly (status ${response.status}): is the file beside the script?`);
    }
    // A server that sends the file with another type than application/wasm.
    if (error instanceof TypeError) return WebAssembly.compile(bytes);
    throw error;
  }
}
