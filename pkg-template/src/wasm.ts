// Starts the WebAssembly when it is needed first.
import { memory, start as link } from '#bindings';
import { source } from '#wasm';

/** The compiled WebAssembly, once it is instantiated. */
let module: WebAssembly.Module | undefined;
/** The pending compilation, where it is asynchronous. */
let pending: Promise<void> | undefined;

/**
 * Calls `use` with the WebAssembly memory. The call is synchronous where the engine compiles synchronously, and otherwise
 * follows the compilation. Nothing happens before the first call: importing the package has no effect.
 */
export function withWasm(use: (memory: WebAssembly.Memory) => void, fail: (error: unknown) => void): void {
  if (module) {
    use(memory());
    return;
  }
  try {
    const started = pending ?? instantiate();
    if (started instanceof Promise) {
      pending = started;
      started
        .then(() => use(memory()))
        .catch((error) => {
          // The file may load the next time.
          if (pending === started) pending = undefined;
          fail(error);
        });
      return;
    }
  } catch (error) {
    fail(error);
    return;
  }
  use(memory());
}

/** Compiles and instantiates. Returns a promise where that is asynchronous. */
function instantiate(): Promise<void> | void {
  const bytes = source();
  if (bytes instanceof Promise) return bytes.then(start);
  // Not `instanceof WebAssembly.Module`: Vercel's edge runtime compiles modules in another realm.
  if (!ArrayBuffer.isView(bytes)) return start(bytes);
  try {
    return start(new WebAssembly.Module(bytes));
  } catch (error) {
    // Chromium before 114 compiles more than 4 KB on the main thread only asynchronously.
    if (error instanceof RangeError) return WebAssembly.compile(bytes).then(start);
    throw error;
  }
}

function start(compiled: WebAssembly.Module): void {
  link(compiled);
  module = compiled;
}
