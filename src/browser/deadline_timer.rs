//! One timer for the next deadline of a source.

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

use super::sys;
use super::wake::LoopWaker;
use crate::connection::{Clock, Millis};

/// The longest single timeout: 5 s. Timers stop while the machine sleeps, so that the clocks are read
/// at least this often.
const LONGEST: Millis = Millis::from_secs(5);

/// Wakes the loop when it is time to check the deadline. Cleared on drop.
pub(super) struct DeadlineTimer {
    /// The time at which the running timer is due.
    fires_at: Rc<Cell<Option<Millis>>>,
    timer: JsValue,
    /// The callback, which must live as long as the engine may call it.
    on_fire: Closure<dyn FnMut(JsValue)>,
}

impl DeadlineTimer {
    pub(super) fn new(waker: Rc<LoopWaker>, clock: Rc<RefCell<Clock>>) -> Self {
        let fires_at = Rc::new(Cell::new(None));
        let running: Rc<Cell<Option<Millis>>> = Rc::clone(&fires_at);
        let on_fire = Closure::new(move |_| {
            if let Some(due) = running.take() {
                clock.borrow_mut().on_timer(due);
            }
            waker.wake();
        });
        Self {
            fires_at,
            timer: JsValue::UNDEFINED,
            on_fire,
        }
    }

    /// Fires at `deadline`, or before. An earlier timer is kept: each chunk of the stream moves the
    /// deadline, and a new timer for each chunk would cost more than one needless wake-up.
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
