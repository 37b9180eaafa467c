//! The state of a source, and the queue of its events.

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{RefCell, RefMut};
use core::future::poll_fn;
use core::ops::Range;
use core::pin::pin;
use core::task::{Context, Poll};

use super::body::Chunk;
use super::options::Options;
use super::sys;
use super::wake::LoopWaker;
use crate::browser::error::Error;
use crate::browser::hooks::{Hooks, Until};
use crate::browser::state::{State, StateCell};
use crate::connection::{Clock, Failure, Interrupt, Lifecycle, Millis, ReadyState, Reason};
use crate::event_stream::{Event, EventStreamParser, Item, SharedStr, decode};

/// The state of one event source, shared by its handles, its loop and the page's events.
pub(super) struct SharedState {
    pub(super) options: Options,
    pub(super) hooks: Hooks,
    pub(super) waker: Rc<LoopWaker>,
    pub(super) clock: Rc<RefCell<Clock>>,
    pub(super) state: StateCell,
    lifecycle: RefCell<Lifecycle>,
    queue: RefCell<Queue>,
    /// Wakes the task that takes the events.
    taker: LoopWaker,
}

/// The source stops reading while its queue holds at least this many bytes of data.
const QUEUE_LIMIT: usize = 64 << 10;

/// The events that were received and not taken yet.
#[derive(Default)]
struct Queue {
    items: VecDeque<Result<Event, Error>>,
    /// The length of their data.
    bytes: usize,
    /// The last event ID of the events that were taken. It is valid while the queue has items.
    taken_id: SharedStr,
}

impl Queue {
    fn push(&mut self, event: Event) {
        self.bytes += event.data.len();
        self.items.push_back(Ok(event));
    }

    fn pop(&mut self) -> Option<Result<Event, Error>> {
        let item = self.items.pop_front()?;
        if let Ok(event) = &item {
            self.bytes -= event.data.len();
            self.taken_id = event.last_event_id.clone();
        }
        Some(item)
    }
}

/// The items of a slice that the loop reacts to.
#[derive(Clone, Copy, Default)]
pub(super) struct SliceContents {
    pub(super) has_comment: bool,
    pub(super) is_too_large: bool,
    /// Whether the slice contained the last event.
    pub(super) is_over: bool,
}

impl SharedState {
    pub(super) fn new(options: Options, hooks: Hooks) -> Self {
        let lifecycle = Lifecycle::new(options.policy.clone(), options.last_event_id.clone());
        Self {
            options,
            hooks,
            waker: Rc::default(),
            clock: Rc::default(),
            state: StateCell::new(),
            lifecycle: RefCell::new(lifecycle),
            queue: RefCell::default(),
            taker: LoopWaker::default(),
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
}

/// The queue of events.
impl SharedState {
    /// Returns the next event, or `None` once the source is closed and its events are taken.
    pub(super) fn poll_take(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Event, Error>>> {
        let item = self.queue.borrow_mut().pop();
        if item.is_some() {
            if self.is_emptied() {
                self.waker.wake();
            }
            return Poll::Ready(item);
        }
        if self.is_closed() {
            return Poll::Ready(None);
        }
        self.taker.register(context);
        Poll::Pending
    }

    /// The last event ID of the events that were taken.
    pub(super) fn taken_id(&self) -> String {
        let queue = self.queue.borrow();
        if queue.items.is_empty() {
            return self.lifecycle().retry_state().last_event_id().to_owned();
        }
        queue.taken_id.as_str().to_owned()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lifecycle().retry_state().ready_state() == ReadyState::Closed
    }

    /// Delivers a final failure after the queued events.
    pub(super) fn fail(&self, error: Error) {
        self.queue.borrow_mut().items.push_back(Err(error));
    }

    /// Closes the source forever, and drops the events that were not taken.
    pub(super) fn close(&self) {
        let taken_id = self.taken_id();
        self.lifecycle()
            .retry_state_mut()
            .set_last_event_id(&taken_id);
        self.lifecycle().close();
        self.queue.take();
        self.on_closed();
    }

    /// Closes the source because its page is destroyed. Nothing is reported.
    pub(super) fn leave(&self) {
        self.close();
        self.waker.wake();
    }

    /// Closes the source because the page's Content-Security-Policy forbids its address. An open stream
    /// was not forbidden.
    pub(super) fn forbidden(&self) {
        let ready_state = self.lifecycle().retry_state().ready_state();
        if ready_state == ReadyState::Connecting {
            self.fail(Failure::new(Reason::Csp).into());
            self.lifecycle().close();
            self.on_closed();
            self.waker.wake();
        }
    }

    /// Reports that the source is closed.
    pub(super) fn on_closed(&self) {
        self.state.set(State::Closed);
        self.taker.wake();
    }

    /// Parses a slice of a chunk, commits its items and queues its events.
    pub(super) fn deliver(
        &self,
        parser: &mut EventStreamParser,
        origin: &SharedStr,
        chunk: &Chunk,
        slice: Range<usize>,
    ) -> SliceContents {
        let len = slice.len();
        chunk.copy_from(slice.start, parser.room(len));
        parser.add(len);
        let mut contents = SliceContents::default();
        // Nothing is borrowed while a callback runs, because it may close the source.
        while !contents.is_over
            && let Some(item) = parser.next_item()
        {
            contents.has_comment |= matches!(item, Item::Comment(_));
            contents.is_too_large |= matches!(item, Item::TooLarge);
            let position = self.commit(&item);
            match (item, &self.hooks.comment) {
                (Item::Event(_), _) => {
                    let mut event = parser.owned_event();
                    event.origin = origin.clone();
                    contents.is_over = self.on_event(event, position);
                }
                (Item::Comment(text), Some(on_comment)) => on_comment(&decode(text)),
                _ => {}
            }
            contents.is_over |= self.is_closed();
        }
        self.taker.wake();
        contents
    }

    /// Commits an item. Returns the last event ID before it if the queue is empty.
    fn commit(&self, item: &Item<'_>) -> Option<SharedStr> {
        let mut lifecycle = self.lifecycle();
        let is_first = matches!(item, Item::Event(_)) && self.is_emptied();
        let position = is_first.then(|| lifecycle.retry_state().last_event_id().into());
        lifecycle.retry_state_mut().commit(item);
        position
    }

    /// Queues an event, and returns whether it is the last. `position` is the last event ID before it
    /// if the queue is empty.
    fn on_event(&self, event: Event, position: Option<SharedStr>) -> bool {
        let is_last = match &self.hooks.until {
            None => false,
            Some(Until::Data(data)) if event.data == *data => return true,
            Some(Until::Data(_)) => false,
            Some(Until::Event(is_last)) => is_last(&event),
        };
        if self.is_closed() {
            // The predicate closed the source.
            return true;
        }
        let mut queue = self.queue.borrow_mut();
        if let Some(position) = position {
            queue.taken_id = position;
        }
        queue.push(event);
        is_last
    }

    fn is_emptied(&self) -> bool {
        self.queue.borrow().items.is_empty()
    }

    /// Waits until the source may read on: the queue is empty, or a task of the page has passed and the
    /// queue is not full.
    pub(super) async fn has_room(&self) {
        // A task that waits for events is woken already, and runs before this one.
        yield_now().await;
        let mut task = pin!(sys::next_task());
        let mut has_passed = false;
        poll_fn(|context| {
            if self.is_emptied() {
                return Poll::Ready(());
            }
            has_passed = has_passed || task.as_mut().poll(context).is_ready();
            match has_passed && !self.is_full() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Whether the queue holds as many bytes as it may.
    pub(super) fn is_full(&self) -> bool {
        self.queue.borrow().bytes >= QUEUE_LIMIT
    }
}

/// Lets the tasks run that are ready.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if core::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
