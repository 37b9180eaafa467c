//! Wakes the loop of a source.

use core::cell::RefCell;
use core::task::{Context, Waker};

/// Wakes the task that polls the loop of a source. Page events, the timer and the caller all wake it
/// here, because a source may move to another task between two polls.
#[derive(Default)]
pub(super) struct LoopWaker(RefCell<Option<Waker>>);

impl LoopWaker {
    /// Wakes the registered task once.
    pub(super) fn wake(&self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }

    /// Registers the task that polls now, and forgets the task before.
    pub(super) fn register(&self, context: &mut Context<'_>) {
        self.0.replace(Some(context.waker().clone()));
    }
}
