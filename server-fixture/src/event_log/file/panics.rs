//! Turns panics of redb into errors. redb panics when a file holds values that it never wrote.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::Failure;

thread_local! {
    /// Whether this thread runs code whose panics become errors.
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`. A panic becomes an error, and is not printed.
pub(super) fn contain<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    silence_contained_panics();
    let outer = IS_CONTAINED.replace(true);
    // The caller closes the database after any error, so no state that a panic left behind is used.
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_CONTAINED.set(outer);
    result.unwrap_or_else(|panic| Err(message(panic.as_ref()).into()))
}

fn silence_contained_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_CONTAINED.get() {
                print(panic);
            }
        }));
    });
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the file holds invalid values").to_owned()
}
