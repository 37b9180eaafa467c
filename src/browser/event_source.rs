//! The public face of a source: a `Stream` of events, and handles that control it.

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::Stream;
use futures_core::future::LocalBoxFuture;
use futures_core::stream::FusedStream;

use super::builder::Builder;
use super::connection_loop;
use super::error::Error;
use super::options::Options;
use super::shared_state::{Hooks, SharedState};
use super::state::{State, States};
use super::task::Task;
use crate::connection::{Interrupt, ReadyState};
use crate::event_stream::Event;

/// An event source: a [`Stream`] of events that reconnects by itself and resumes after the last event
/// ([WHATWG HTML §9.2]).
///
/// [`Builder::open`] connects, and the connection drives itself: reconnects, token renewal and page
/// events do not depend on polling. If the events are not polled, up to 64 KiB of them are queued. Then
/// the source stops reading, so that the server slows down.
///
/// Failures that may pass are retried, and appear in [`states`](Self::states) only. An `Err` is final,
/// and the last item. Dropping the source aborts the request, releases the reader and clears all
/// timers. A provider call in progress runs to its end.
///
/// It is not `Send`, because the objects of a browser belong to one thread.
///
/// [WHATWG HTML §9.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html
#[must_use = "dropping an event source closes it"]
pub struct AuthenticatedEventSource {
    inner: Rc<Inner>,
    is_terminated: bool,
}

/// The connection of a source. Handles refer to it weakly.
struct Inner {
    shared: Rc<SharedState>,
    task: Rc<Task>,
    /// Waits for the caller's signal to close the source.
    closing: Option<Rc<Task>>,
}

async fn close_when(signal: LocalBoxFuture<'static, ()>, handle: Handle) {
    signal.await;
    handle.close();
}

impl Inner {
    fn close(&self) {
        self.shared.close();
        self.task.stop();
        if let Some(closing) = &self.closing {
            closing.stop();
        }
    }

    fn reconnect(&self) {
        self.shared.interrupt(Interrupt::Reconnect);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl AuthenticatedEventSource {
    /// Starts to configure a source. `url` is absolute, or relative to the document or worker.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url.into())
    }

    pub(super) fn new(
        options: Options,
        hooks: Hooks,
        signal: Option<LocalBoxFuture<'static, ()>>,
    ) -> Self {
        let shared = Rc::new(SharedState::new(options, hooks));
        let task = Task::spawn(connection_loop::run(Rc::clone(&shared)));
        let inner = Rc::new_cyclic(|inner| Inner {
            shared,
            task,
            closing: signal.map(|signal| Task::spawn(close_when(signal, Handle(inner.clone())))),
        });
        Self {
            inner,
            is_terminated: false,
        }
    }

    /// Returns a handle, which controls the source while a loop owns it.
    pub fn handle(&self) -> Handle {
        Handle(Rc::downgrade(&self.inner))
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.inner.shared.state.get()
    }

    /// Returns the stream of states: the current state, and then each change.
    pub fn states(&self) -> States {
        self.inner.shared.state.subscribe()
    }

    /// The ready state.
    pub fn ready_state(&self) -> ReadyState {
        self.inner.shared.lifecycle().retry_state().ready_state()
    }

    /// The last event ID of the events that were taken from this stream. A new source with this
    /// [`Builder::last_event_id`] misses none and repeats none.
    ///
    /// Reconnects of this source send the ID of the last event that was received, because its queue
    /// survives them.
    pub fn last_event_id(&self) -> String {
        self.inner.shared.taken_id()
    }

    /// The reconnection time: the stream's last `retry` field, otherwise the initial delay.
    pub fn reconnection_time(&self) -> Duration {
        self.inner
            .shared
            .lifecycle()
            .retry_state()
            .reconnection_time()
            .into()
    }

    /// Connects again without a wait, with the same last event ID. Has no effect on a closed source.
    pub fn reconnect(&self) {
        self.inner.reconnect();
    }

    /// Closes the source forever, and drops the events that were not taken.
    pub fn close(&mut self) {
        self.inner.close();
    }
}

impl Stream for AuthenticatedEventSource {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.inner.shared.poll_take(context);
        self.is_terminated = matches!(item, Poll::Ready(None));
        item
    }
}

impl FusedStream for AuthenticatedEventSource {
    fn is_terminated(&self) -> bool {
        self.is_terminated
    }
}

impl fmt::Debug for AuthenticatedEventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedEventSource")
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}

/// Controls a source from elsewhere, for example from a button. It does not keep the source open: after
/// the source was dropped, the state is closed and calls do nothing.
#[derive(Clone)]
pub struct Handle(Weak<Inner>);

impl Handle {
    /// Closes the source forever, and drops the events that were not taken. A pending `next()` returns
    /// `None`.
    pub fn close(&self) {
        if let Some(inner) = self.0.upgrade() {
            inner.close();
        }
    }

    /// Connects again without a wait, with the same last event ID.
    pub fn reconnect(&self) {
        if let Some(inner) = self.0.upgrade() {
            inner.reconnect();
        }
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        let inner = self.0.upgrade();
        inner.map_or(State::Closed, |inner| inner.shared.state.get())
    }

    /// Returns the stream of states: the current state, and then each change.
    pub fn states(&self) -> States {
        let inner = self.0.upgrade();
        inner.map_or_else(States::closed, |inner| inner.shared.state.subscribe())
    }

    /// The last event ID of the events that were taken from the source. Empty after it was dropped.
    pub fn last_event_id(&self) -> String {
        let inner = self.0.upgrade();
        inner.map_or_else(String::new, |inner| inner.shared.taken_id())
    }
}

/// Two handles are equal if they control the same source.
impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl Eq for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
