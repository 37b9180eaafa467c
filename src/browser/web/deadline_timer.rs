//! One timer for the next deadline of a source.

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

use gloo_timers::callback::Timeout;

use super::wake::LoopWaker;
use crate::connection::{Clock, Millis};

/// The longest single timeout: 5 s. Timers stop while the machine sleeps, so that the clocks are read
/// at least this often.
const LONGEST: Millis = Millis::from_secs(5);

/// Wakes the loop when it is time to check the deadline. It is cleared on drop.
pub(super) struct DeadlineTimer {
    /// The time at which the running timer is due.
    fires_at: Rc<Cell<Option<Millis>>>,
    timer: Option<Timeout>,
    on_fire: Rc<dyn Fn()>,
}

impl DeadlineTimer {
    pub(super) fn new(waker: Rc<LoopWaker>, clock: Rc<RefCell<Clock>>) -> Self {
        let fires_at = Rc::new(Cell::new(None));
        let running: Rc<Cell<Option<Millis>>> = Rc::clone(&fires_at);
        let on_fire = Rc::new(move || {
            if let Some(due) = running.take() {
                clock.borrow_mut().on_timer(due);
            }
            waker.wake();
        });
        Self {
            fires_at,
            timer: None,
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
        let on_fire = Rc::clone(&self.on_fire);
        self.timer = Some(Timeout::new(wait.get() as u32, move || on_fire()));
    }

    fn clear(&mut self) {
        self.fires_at.set(None);
        self.timer = None;
    }
}
