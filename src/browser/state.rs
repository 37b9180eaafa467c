//! The state of a source for a user interface, and the stream of its changes.

use alloc::collections::VecDeque;
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use futures_core::Stream;
use futures_core::stream::FusedStream;

use super::context::ResponseHead;
use super::error::Error;

/// The state of a source.
///
/// ```
/// use authenticated_event_source::browser::State;
/// use authenticated_event_source::connection::{Failure, Reason};
/// use std::time::Duration;
///
/// fn banner(state: &State) -> String {
///     match state {
///         State::Open { .. } => String::from("live"),
///         State::Waiting { error, wait, .. } => format!("{error} Again in {} s.", wait.as_secs()),
///         State::Closed => String::from("closed"),
///         _ => String::from("connecting"),
///     }
/// }
///
/// // In a unit test of the application, on any target:
/// let state = State::waiting(Failure::new(Reason::Network).into(), Duration::from_secs(3));
/// assert!(banner(&state).ends_with("Again in 3 s."));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// The source connects, or is suspended while its page is hidden or cached.
    Connecting,
    /// The stream is open.
    #[non_exhaustive]
    Open {
        /// Whether the stream was open before.
        is_resumed: bool,
        /// The response.
        response: ResponseHead,
    },
    /// An attempt or a stream failed, and another attempt follows.
    #[non_exhaustive]
    Waiting {
        /// The failure.
        error: Error,
        /// The time from the failure to the next attempt.
        wait: Duration,
        /// The number of the failed attempt. Attempts count from 1, and restart when the connection is
        /// healthy again.
        attempt: u32,
    },
    /// The source is closed, and never connects again.
    Closed,
}

impl State {
    /// An open stream, for the unit tests of an application.
    pub fn open(is_resumed: bool, response: ResponseHead) -> Self {
        Self::Open {
            is_resumed,
            response,
        }
    }

    /// A wait for another attempt, for the unit tests of an application. The attempt is the first.
    pub fn waiting(error: Error, wait: Duration) -> Self {
        Self::Waiting {
            error,
            wait,
            attempt: 1,
        }
    }
}

/// The states that a stream of states keeps if it is not polled. The oldest are dropped first.
const CAPACITY: usize = 32;

/// A stream of the states of a source: the current state first, then each change. It ends after
/// [`State::Closed`]. It keeps up to 32 states that were not polled yet.
///
/// The stream does not keep the source open.
#[must_use = "a stream does nothing unless polled"]
pub struct States {
    subscriber: Rc<RefCell<Subscriber>>,
    is_over: bool,
}

#[derive(Default)]
struct Subscriber {
    states: VecDeque<State>,
    waker: Option<Waker>,
}

/// Holds the current state, and passes each change to the streams of states.
pub(super) struct StateCell {
    current: RefCell<State>,
    subscribers: RefCell<Vec<Weak<RefCell<Subscriber>>>>,
}

impl StateCell {
    pub(super) fn new() -> Self {
        Self {
            current: RefCell::new(State::Connecting),
            subscribers: RefCell::default(),
        }
    }

    pub(super) fn get(&self) -> State {
        self.current.borrow().clone()
    }

    /// Sets the state, unless the source is closed.
    pub(super) fn set(&self, state: State) {
        if *self.current.borrow() == State::Closed || *self.current.borrow() == state {
            return;
        }
        self.current.replace(state.clone());
        self.subscribers.borrow_mut().retain(|subscriber| {
            let subscriber = subscriber.upgrade();
            if let Some(subscriber) = &subscriber {
                push(subscriber, state.clone());
            }
            subscriber.is_some()
        });
    }

    pub(super) fn subscribe(&self) -> States {
        let subscriber = Rc::new(RefCell::new(Subscriber::default()));
        push(&subscriber, self.get());
        self.subscribers
            .borrow_mut()
            .push(Rc::downgrade(&subscriber));
        States::new(subscriber)
    }
}

fn push(subscriber: &RefCell<Subscriber>, state: State) {
    let mut subscriber = subscriber.borrow_mut();
    if subscriber.states.len() == CAPACITY {
        subscriber.states.pop_front();
    }
    subscriber.states.push_back(state);
    if let Some(waker) = subscriber.waker.take() {
        waker.wake();
    }
}

impl States {
    fn new(subscriber: Rc<RefCell<Subscriber>>) -> Self {
        Self {
            subscriber,
            is_over: false,
        }
    }

    /// The states of a source that was dropped.
    pub(super) fn closed() -> Self {
        let subscriber = Rc::default();
        push(&subscriber, State::Closed);
        Self::new(subscriber)
    }
}

impl Stream for States {
    type Item = State;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<State>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let mut subscriber = self.subscriber.borrow_mut();
        let Some(state) = subscriber.states.pop_front() else {
            subscriber.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        drop(subscriber);
        self.is_over = state == State::Closed;
        Poll::Ready(Some(state))
    }
}

impl FusedStream for States {
    fn is_terminated(&self) -> bool {
        self.is_over
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").finish_non_exhaustive()
    }
}
