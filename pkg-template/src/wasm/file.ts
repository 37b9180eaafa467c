export { strings } from './base64-strings.ts';

/**
 * Loads the WebAssembly from the file beside the script. The file is cached separately and compiled while it arrives.
 * Bundlers recognise this form of address and copy the file.
 */
export async function source(): Promise<WebAssembly.Module> {
  const response = await fetch(new URL('./authenticated_event_source.wasm', import.meta.url));
  const copy = response.clone();
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (error) {
    const bytes = new Uint8Array(await copy.arrayBuffer());
    // A file that is no WebAssembly does not compile, and neither does a file that the page's policy forbids.
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== '\0asm') {
      throw new Error(
        `The file ${response.url} is no WebAssembly (status ${response.status}). Put the file beside the script.`,
      );
    }
    // The server sends the file with another type than application/wasm.
    if (error instanceof TypeError) return WebAssembly.compile(bytes);
    throw error;
  }
}
