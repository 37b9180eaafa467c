use alloc::rc::Rc;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use super::source::Source;
use super::sys;
use super::timer::Alarm;

/// Waits for what is under way, as long as the lifecycle goes on with it.
pub(super) struct Watch {
    source: Rc<Source>,
    alarm: Alarm,
}

impl Watch {
    pub(super) fn new(source: Rc<Source>) -> Self {
        let alarm = Alarm::new(Rc::clone(&source.bell));
        Self { source, alarm }
    }

    /// What came of `work`; `None` if an interrupt or the clock ended it.
    pub(super) async fn until<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let (source, alarm) = (&self.source, &mut self.alarm);
        let begun = sys::now();
        let mut work = pin!(work);
        poll_fn(|context| {
            source.bell.register(context);
            // Not by the clock of now: what has come in time counts, however late we are polled.
            if source.life().check(begun) {
                return Poll::Ready(None);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            let now = sys::now();
            if source.life().check(now) {
                return Poll::Ready(None);
            }
            let deadline = source.life().deadline();
            alarm.set(deadline, now);
            Poll::Pending
        })
        .await
    }
}
