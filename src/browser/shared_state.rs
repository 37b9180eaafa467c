//! The state of a source, and the delivery of its events.

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
use super::sys;
use super::wake::LoopWaker;
use crate::connection::{Clock, Failure, Interrupt, Lifecycle, Millis, Verdict};
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

/// The state of one event source, shared by its handle, its loop and the page's events.
pub(super) struct SharedState {
    pub(super) options: Options,
    pub(super) hooks: Hooks,
    pub(super) waker: Rc<LoopWaker>,
    pub(super) clock: Rc<RefCell<Clock>>,
    lifecycle: RefCell<Lifecycle>,
    /// The events of one slice. The next slice is read once all of them are polled.
    queue: RefCell<VecDeque<Result<Event, Error>>>,
}

/// The items of a slice that the loop reacts to.
#[derive(Clone, Copy, Default)]
pub(super) struct SliceContents {
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
            clock: Rc::default(),
            lifecycle: RefCell::new(lifecycle),
            queue: RefCell::default(),
        }
    }

    /// Borrows the lifecycle. The borrow must end before a callback runs, which may borrow it again.
    pub(super) fn lifecycle(&self) -> RefMut<'_, Lifecycle> {
        self.lifecycle.borrow_mut()
    }

    /// Returns the time of the source. The lifecycle must not be borrowed.
    pub(super) fn now(&self) -> Millis {
        let mut clock = self.clock.borrow_mut();
        let (now, has_jumped) = clock.read(sys::monotonic(), sys::unix());
        if has_jumped {
            self.lifecycle().on_clock_jump(now);
        }
        now
    }

    pub(super) fn interrupt(&self, interrupt: Interrupt) {
        self.lifecycle().interrupt(interrupt);
        self.waker.wake();
    }

    /// Records a change of the page. `wakes` ends the wait for the next attempt.
    pub(super) fn page_changed(&self, is_suspended: bool, wakes: bool) {
        self.lifecycle().set_suspended(is_suspended);
        if wakes {
            self.lifecycle().interrupt(Interrupt::Wake);
        }
        // Wake the loop in any case: a suspended source resumes without an interrupt.
        self.waker.wake();
    }

    pub(super) fn pop(&self) -> Option<Result<Event, Error>> {
        self.queue.borrow_mut().pop_front()
    }

    pub(super) fn fail(&self, error: Error) {
        self.queue.borrow_mut().push_back(Err(error));
    }

    /// Parses a slice, commits its items and queues its events.
    pub(super) fn deliver(
        &self,
        parser: &mut EventStreamParser,
        slice: &Uint8Array,
    ) -> SliceContents {
        let len = slice.length() as usize;
        slice.copy_to(parser.room(len));
        parser.add(len);
        let mut contents = SliceContents::default();
        let (mut queue, mut lifecycle) = (self.queue.borrow_mut(), self.lifecycle());
        while let Some(item) = parser.next_item() {
            contents.has_comment |= matches!(item, Item::Comment(_));
            contents.is_too_large |= matches!(item, Item::TooLarge);
            lifecycle.retry_state_mut().commit(&item);
            if matches!(item, Item::Event(_)) {
                queue.push_back(Ok(parser.owned_event()));
            }
        }
        contents
    }

    /// Waits until all events are polled, or the rest of the stream must be skipped.
    pub(super) async fn queue_emptied(&self) {
        // The queue needs no waker: the stream polls the loop whenever the queue is empty.
        self.unless_stopped(poll_fn(|_| match self.queue.borrow().is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }))
        .await;
    }

    /// Waits for `work`, or until the rest of the stream must be skipped.
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
