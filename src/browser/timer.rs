use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use gloo_timers::future::TimeoutFuture;

use super::sys;

/// The longest single timeout. Timers stand still while the machine sleeps; the clock does not,
/// and is looked at this often.
const SLICE: Duration = Duration::from_secs(5);

/// Rings once the clock has passed a moment. Cleared on drop.
pub(super) struct Alarm {
    at: Duration,
    timeout: TimeoutFuture,
}

impl Alarm {
    pub(super) fn at(at: Duration) -> Self {
        Self {
            at,
            timeout: slice_until(at),
        }
    }

    pub(super) fn after(wait: Duration) -> Self {
        Self::at(sys::now() + wait)
    }
}

fn slice_until(at: Duration) -> TimeoutFuture {
    let wait = at.saturating_sub(sys::now()).min(SLICE);
    TimeoutFuture::new(wait.as_millis() as u32)
}

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        while Pin::new(&mut self.timeout).poll(context).is_ready() {
            if sys::now() >= self.at {
                return Poll::Ready(());
            }
            self.timeout = slice_until(self.at);
        }
        Poll::Pending
    }
}
