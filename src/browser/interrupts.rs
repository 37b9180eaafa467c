use core::cell::{Cell, RefCell};
use core::task::{Context, Poll, Waker};

/// What reaches the loop from outside while it waits for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// Connect anew, at once.
    Reconnect,
    /// The page cannot or shall not hold a connection now.
    Suspend,
    /// The network or the page came back: what waits may go on, what is silent is suspect.
    Wake,
}

/// Holds at most one interrupt: the strongest that the loop has not seen.
#[derive(Default)]
pub(super) struct Interrupts {
    pending: Cell<Option<Interrupt>>,
    is_suspended: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Interrupts {
    pub(super) fn raise(&self, interrupt: Interrupt) {
        // A wake-up must not hide a reconnect that came just before it.
        if interrupt != Interrupt::Wake || self.pending.get().is_none() {
            self.pending.set(Some(interrupt));
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether the page can hold a connection changed, or did not.
    pub(super) fn suspend_if(&self, is_suspended: bool) {
        let was_suspended = self.is_suspended.replace(is_suspended);
        if is_suspended && !was_suspended {
            self.raise(Interrupt::Suspend);
        }
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.is_suspended.get()
    }

    /// Whether the stream being read is to be left: what was parsed but not delivered comes
    /// again after the reconnect.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(
            self.pending.get(),
            Some(Interrupt::Reconnect | Interrupt::Suspend)
        )
    }

    /// Forgets what was raised: the loop has just started over.
    pub(super) fn clear(&self) {
        self.pending.set(None);
    }

    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Interrupt> {
        if let Some(interrupt) = self.pending.take() {
            return Poll::Ready(interrupt);
        }
        self.register(context);
        Poll::Pending
    }

    /// Has the task polled again at the next interrupt, without taking it.
    pub(super) fn register(&self, context: &mut Context<'_>) {
        self.waker.replace(Some(context.waker().clone()));
    }
}
