use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

use super::sys;

/// The longest single timeout. Timers stand still while the machine sleeps; the clock does not,
/// and is looked at this often.
const SLICE: Duration = Duration::from_secs(5);

/// Rings once the clock has passed a moment. Cleared on drop.
pub(super) struct Alarm {
    at: Duration,
    timeout: Option<Timeout>,
}

impl Alarm {
    pub(super) fn at(at: Duration) -> Self {
        Self { at, timeout: None }
    }

    pub(super) fn after(wait: Duration) -> Self {
        Self::at(sys::now() + wait)
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let wait = self.at.saturating_sub(sys::now());
        if wait.is_zero() {
            return Poll::Ready(());
        }
        self.timeout = Some(Timeout::new(wait.min(SLICE), context.waker().clone()));
        Poll::Pending
    }
}

/// Wakes a task after a time. Cleared on drop.
struct Timeout {
    id: JsValue,
    /// Lives as long as the engine may call it.
    _callback: Closure<dyn FnMut(JsValue)>,
}

impl Timeout {
    fn new(wait: Duration, task: Waker) -> Self {
        let callback = Closure::new(move |_| task.wake_by_ref());
        Self {
            id: sys::set_timeout(&callback, wait.as_secs_f64() * 1000.0),
            _callback: callback,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        sys::clear_timeout(&self.id);
    }
}
