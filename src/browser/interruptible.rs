use alloc::rc::Rc;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use super::deadline_timer::DeadlineTimer;
use super::shared_state::SharedState;
use super::sys;

/// Waits for what is under way, as long as the lifecycle goes on with it.
pub(super) struct Interruptible {
    shared: Rc<SharedState>,
    timer: DeadlineTimer,
}

impl Interruptible {
    pub(super) fn new(shared: Rc<SharedState>) -> Self {
        let timer = DeadlineTimer::new(Rc::clone(&shared.waker));
        Self { shared, timer }
    }

    /// What came of `work`; `None` if an interrupt or the clock ended it.
    pub(super) async fn run<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let (shared, timer) = (&self.shared, &mut self.timer);
        let begun = sys::now();
        let mut work = pin!(work);
        poll_fn(|context| {
            shared.waker.register(context);
            // Not by the clock of now: what has come in time counts, however late we are polled.
            if shared.lifecycle().check(begun) {
                return Poll::Ready(None);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            let now = sys::now();
            if shared.lifecycle().check(now) {
                return Poll::Ready(None);
            }
            let deadline = shared.lifecycle().deadline();
            timer.set(deadline, now);
            Poll::Pending
        })
        .await
    }
}
