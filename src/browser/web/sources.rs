//! How many sources of this program use each origin. Browsers limit the connections to an origin.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::cell::RefCell;

std::thread_local! {
    static SOURCES: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// Counts one source until it is dropped.
pub(super) struct CountedSource {
    origin: String,
}

impl CountedSource {
    pub(super) fn of(origin: String) -> Self {
        SOURCES.with_borrow_mut(|sources| *sources.entry(origin.clone()).or_default() += 1);
        Self { origin }
    }

    /// The number of sources of the same origin, with this source.
    pub(super) fn count(&self) -> usize {
        SOURCES.with_borrow(|sources| sources.get(&self.origin).copied().unwrap_or(1))
    }
}

impl Drop for CountedSource {
    fn drop(&mut self) {
        SOURCES.with_borrow_mut(|sources| {
            let count = sources.remove(&self.origin).unwrap_or_default();
            if count > 1 {
                sources.insert(core::mem::take(&mut self.origin), count - 1);
            }
        });
    }
}
