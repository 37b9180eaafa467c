use core::cell::RefCell;
use core::task::{Context, Waker};

/// Has the loop look around. All that comes from outside rings here, the alarm too, so that it
/// always reaches the task that polls now.
#[derive(Default)]
pub(super) struct LoopWaker(RefCell<Option<Waker>>);

impl LoopWaker {
    pub(super) fn wake(&self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }

    /// Has the task polled again when it rings next.
    pub(super) fn register(&self, context: &mut Context<'_>) {
        self.0.replace(Some(context.waker().clone()));
    }
}
