//! The allocator and the panic handler of the npm module, which are smaller than those of `std`.

use core::panic::PanicInfo;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Turns a panic, which is always a bug, into a `RuntimeError` with a stack trace. Panic messages would
/// be a tenth of the module.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
