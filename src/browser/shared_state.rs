use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::cell::{RefCell, RefMut};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use js_sys::Uint8Array;

use super::error::Error;
use super::options::Options;
use super::wake::LoopWaker;
use crate::connection::{Failure, Interrupt, Lifecycle, Verdict};
use crate::event_stream::{Event, EventStreamParser, Item};

type OnOpen = Box<dyn Fn(bool)>;
type OnRetry = Box<dyn Fn(&Error, Duration)>;
type ShouldRetry = Box<dyn Fn(&Failure) -> Option<Verdict>>;

/// The builder's callbacks.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) open: Option<OnOpen>,
    pub(super) retry: Option<OnRetry>,
    pub(super) verdict: Option<ShouldRetry>,
}

/// One event source, as its owner, its loop and the page's events share it.
pub(super) struct SharedState {
    pub(super) options: Options,
    pub(super) hooks: Hooks,
    pub(super) waker: Rc<LoopWaker>,
    lifecycle: RefCell<Lifecycle>,
    /// The events of one slice, until they are polled; meanwhile nothing is read.
    queue: RefCell<VecDeque<Result<Event, Error>>>,
}

/// What the loop must know of the items of a slice.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    pub(super) has_comment: bool,
    pub(super) is_too_large: bool,
}

impl SharedState {
    pub(super) fn new(options: Options, hooks: Hooks) -> Self {
        let lifecycle = Lifecycle::new(options.policy.clone(), options.last_event_id.clone());
        Self {
            options,
            hooks,
            waker: Rc::default(),
            lifecycle: RefCell::new(lifecycle),
            queue: RefCell::default(),
        }
    }

    /// Never held while anything else runs that may ask for it, too: a callback, or the page.
    pub(super) fn lifecycle(&self) -> RefMut<'_, Lifecycle> {
        self.lifecycle.borrow_mut()
    }

    pub(super) fn interrupt(&self, interrupt: Interrupt) {
        self.lifecycle().interrupt(interrupt);
        self.waker.wake();
    }

    /// The page changed. `wakes`: what waits may go on.
    pub(super) fn page_changed(&self, is_suspended: bool, wakes: bool) {
        self.lifecycle().set_suspended(is_suspended);
        if wakes {
            self.lifecycle().interrupt(Interrupt::Wake);
        }
        // In any case: what was suspended goes on, also if nothing else came.
        self.waker.wake();
    }

    pub(super) fn pop(&self) -> Option<Result<Event, Error>> {
        self.queue.borrow_mut().pop_front()
    }

    pub(super) fn fail(&self, error: Error) {
        self.queue.borrow_mut().push_back(Err(error));
    }

    /// Parses a slice, and commits its items to the connection.
    pub(super) fn deliver(&self, parser: &mut EventStreamParser, slice: &Uint8Array) -> Found {
        let len = slice.length() as usize;
        slice.copy_to(parser.room(len));
        parser.add(len);
        let mut found = Found::default();
        let (mut queue, mut life) = (self.queue.borrow_mut(), self.lifecycle());
        while let Some(item) = parser.next_item() {
            found.has_comment |= matches!(item, Item::Comment(_));
            found.is_too_large |= matches!(item, Item::TooLarge);
            life.retry_state_mut().commit(&item);
            if let Item::Event(event) = item {
                queue.push_back(Ok(event.into()));
            }
        }
        found
    }

    /// Until more events are wanted, or none of this stream ever again.
    pub(super) async fn drained(&self) {
        // No waker is needed: the loop is polled again exactly when the queue has run empty.
        self.unless_stopped(poll_fn(|_| match self.queue.borrow().is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }))
        .await;
    }

    /// Waits for `work`, but no longer than until the stream is to be left.
    pub(super) async fn unless_stopped(&self, work: impl Future<Output = ()>) {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.waker.register(context);
            if self.lifecycle().must_stop_reading() {
                return Poll::Ready(());
            }
            work.as_mut().poll(context)
        })
        .await;
    }
}
