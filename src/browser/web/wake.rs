//! Wakes the loop of a source, and the task that takes its events.

use core::cell::RefCell;
use core::task::{Context, Waker};

/// Wakes the task that polled last: the loop of a source, or the task that takes its events. The latter
/// may be another task at the next poll, because the caller may move the source.
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
