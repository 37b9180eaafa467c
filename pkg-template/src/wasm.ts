import { memory, start as link } from '#bindings';
import { source } from '#wasm';

/** The WebAssembly, as soon as it is linked. */
export let module;
/** The instance on its way, where it cannot be had at once. */
let arriving;

/**
 * Calls `use` with the WebAssembly memory: at once where the engine lets us compile at once, else
 * as soon as it has compiled. Nothing happens before the first call: importing the package has no
 * effect.
 */
export function withWasm(use, fail) {
  if (module) return use(memory());
  try {
    const started = arriving ?? instantiate();
    if (started instanceof Promise) {
      arriving = started;
      started.then(() => use(memory())).catch((error) => {
        // The file may be there the next time.
        if (arriving === started) arriving = undefined;
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

/** Compiles and instantiates; a promise where that takes more than this call. */
function instantiate() {
  const bytes = source();
  if (bytes instanceof Promise) return bytes.then(start);
  if (bytes instanceof WebAssembly.Module) return start(bytes);
  try {
    return start(new WebAssembly.Module(bytes));
  } catch (error) {
    // Chromium before 114 compiles more than 4 KB on the main thread only asynchronously.
    if (error instanceof RangeError) return WebAssembly.compile(bytes).then(start);
    throw error;
  }
}

function start(compiled) {
  link(compiled);
  module = compiled;
}
