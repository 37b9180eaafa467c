use alloc::rc::Rc;
use core::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

use super::sys;
use super::wake::LoopWaker;
use crate::connection::Millis;

/// The longest single timeout. Timers stand still while the machine sleeps; the clock does not,
/// and is looked at this often.
const LONGEST: Millis = Millis::from_secs(5);

/// Rings the waker when it is time to look at the clock. Cleared on drop.
pub(super) struct DeadlineTimer {
    /// When the timer rings, while one is running. Not told by the clock: a timer may ring before
    /// the clock shows its time.
    fires_at: Rc<Cell<Option<Millis>>>,
    timer: JsValue,
    /// Lives as long as the engine may call it.
    on_fire: Closure<dyn FnMut(JsValue)>,
}

impl DeadlineTimer {
    pub(super) fn new(waker: Rc<LoopWaker>) -> Self {
        let fires_at = Rc::new(Cell::new(None));
        let running = Rc::clone(&fires_at);
        let on_fire = Closure::new(move |_| {
            running.set(None);
            waker.wake();
        });
        Self {
            fires_at,
            timer: JsValue::UNDEFINED,
            on_fire,
        }
    }

    /// Rings at `deadline`, or before. A timer that rings before stays: with each chunk of the
    /// stream the deadline moves, and a timer for each would cost more than one that rings in vain.
    pub(super) fn set(&mut self, deadline: Option<Millis>, now: Millis) {
        let Some(deadline) = deadline else {
            return self.clear();
        };
        let wait = deadline.saturating_sub(now).min(LONGEST);
        let at = now.saturating_add(wait);
        if self.fires_at.get().is_some_and(|fires_at| fires_at <= at) {
            return;
        }
        self.clear();
        self.fires_at.set(Some(at));
        self.timer = sys::set_timeout(&self.on_fire, wait.get() as f64);
    }

    fn clear(&mut self) {
        if self.fires_at.take().is_some() {
            sys::clear_timeout(&self.timer);
        }
    }
}

impl Drop for DeadlineTimer {
    fn drop(&mut self) {
        self.clear();
    }
}
