//! The memory that scripts and request logs may use together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are still free. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Reserves bytes until the returned value is dropped. Returns `None` if too few are free.
    pub(super) fn reserve(&self, bytes: usize) -> Option<Reserved> {
        let take = |free: usize| free.checked_sub(bytes);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.ok()?;
        Some(Reserved {
            budget: self.clone(),
            bytes,
        })
    }
}

/// Bytes of a budget that are in use.
#[derive(Debug)]
pub(super) struct Reserved {
    budget: Budget,
    bytes: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_bytes_are_free_again_after_the_drop() {
        let budget = Budget::new(10);
        let first = budget.reserve(6);
        assert!(first.is_some() && budget.reserve(5).is_none());
        drop(first);
        assert!(budget.reserve(10).is_some());
    }
}
