//! Runs one action of the loop until it is done, interrupted or late.

use alloc::rc::Rc;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use super::deadline_timer::DeadlineTimer;
use super::shared_state::SharedState;

/// Runs one action of the loop until it is done, or until the lifecycle ends it.
pub(super) struct Interruptible {
    shared: Rc<SharedState>,
    timer: DeadlineTimer,
}

impl Interruptible {
    pub(super) fn new(shared: Rc<SharedState>) -> Self {
        let timer = DeadlineTimer::new(Rc::clone(&shared.waker), Rc::clone(&shared.clock));
        Self { shared, timer }
    }

    /// Returns the result of `work`, or `None` if an interrupt or the deadline ended it.
    pub(super) async fn run<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let (shared, timer) = (&self.shared, &mut self.timer);
        let started = shared.now();
        let mut work = pin!(work);
        poll_fn(|context| {
            shared.waker.register(context);
            // Compare with the time at which the wait began. A result that arrived before the
            // deadline is valid even if this poll runs late.
            if shared.lifecycle().check(started) {
                return Poll::Ready(None);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            let now = shared.now();
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
