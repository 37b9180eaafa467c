use alloc::rc::Rc;
use core::cell::Cell;
use core::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

use super::bell::Bell;
use super::sys;

/// The longest single timeout. Timers stand still while the machine sleeps; the clock does not,
/// and is looked at this often.
const LONGEST: Duration = Duration::from_secs(5);

/// Rings the bell when it is time to look at the clock. Cleared on drop.
pub(super) struct Alarm {
    /// When the timer rings, while one is running. Not told by the clock: a timer may ring before
    /// the clock shows its time.
    rings_at: Rc<Cell<Option<Duration>>>,
    timer: JsValue,
    /// Lives as long as the engine may call it.
    on_ring: Closure<dyn FnMut(JsValue)>,
}

impl Alarm {
    pub(super) fn new(bell: Rc<Bell>) -> Self {
        let rings_at = Rc::new(Cell::new(None));
        let running = Rc::clone(&rings_at);
        let on_ring = Closure::new(move |_| {
            running.set(None);
            bell.ring();
        });
        Self {
            rings_at,
            timer: JsValue::UNDEFINED,
            on_ring,
        }
    }

    /// Rings at `deadline`, or before. A timer that rings before stays: with each chunk of the
    /// stream the deadline moves, and a timer for each would cost more than one that rings in vain.
    pub(super) fn set(&mut self, deadline: Option<Duration>, now: Duration) {
        let Some(deadline) = deadline else {
            return self.clear();
        };
        let wait = deadline.saturating_sub(now).min(LONGEST);
        let at = now.saturating_add(wait);
        if self.rings_at.get().is_some_and(|rings_at| rings_at <= at) {
            return;
        }
        self.clear();
        self.rings_at.set(Some(at));
        self.timer = sys::set_timeout(&self.on_ring, wait.as_secs_f64() * 1000.0);
    }

    fn clear(&mut self) {
        if self.rings_at.take().is_some() {
            sys::clear_timeout(&self.timer);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.clear();
    }
}
