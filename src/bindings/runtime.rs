//! The allocator and the panic handler of the npm modules, which are smaller than those of `std`.

use core::panic::PanicInfo;

use lol_alloc::{FreeListAllocator, LockedAllocator};

/// The smallest allocator: a list of free blocks. Saves 540 bytes of each entry. Each call searches the
/// list, but a parser allocates only when it is created and when its buffers grow.
#[global_allocator]
static ALLOCATOR: LockedAllocator<FreeListAllocator> =
    LockedAllocator::new(FreeListAllocator::new());

/// Turns a panic, which is always a bug, into a `RuntimeError` with a stack trace. Panic messages would
/// be a tenth of the module.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
