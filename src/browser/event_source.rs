//! The public face of a source: a `Stream` of events, and handles that control it.

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::stream::FusedStream;
use futures_core::{Stream, TryStream};

use super::builder::Builder;
use super::error::{BoxError, Error};
use super::platform::Inner;
use super::state::{State, States};
use crate::connection::ReadyState;
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

impl AuthenticatedEventSource {
    /// Starts to configure a source. `url` is absolute, or relative to the document or worker.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url.into())
    }

    /// Starts to configure a source that reads an existing stream of bytes. It never reconnects, and
    /// ignores options that concern the request. To reconnect over a transport of your own, call
    /// [`Builder::fetch`].
    ///
    /// ```
    /// # use authenticated_event_source::{AuthenticatedEventSource, Error};
    /// use futures_util::stream;
    ///
    /// # fn open() -> Result<(), Error> {
    /// let bytes = stream::iter([Ok::<_, std::io::Error>("data: hello\n\n")]);
    /// let source = AuthenticatedEventSource::from_stream(bytes).until("[DONE]").open()?;
    /// # drop(source);
    /// # Ok(()) }
    /// ```
    pub fn from_stream<S>(bytes: S) -> Builder
    where
        S: TryStream<Ok: AsRef<[u8]>, Error: Into<BoxError>> + 'static,
    {
        Builder::of_stream(bytes)
    }

    pub(super) fn of(inner: Rc<Inner>) -> Self {
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
        self.inner.state()
    }

    /// Returns the stream of states: the current state, and then each change.
    pub fn states(&self) -> States {
        self.inner.states()
    }

    /// The ready state.
    pub fn ready_state(&self) -> ReadyState {
        self.inner.ready_state()
    }

    /// The last event ID of the events that were taken from this stream. A new source with this
    /// [`Builder::last_event_id`] misses none and repeats none.
    ///
    /// Reconnects of this source send the ID of the last event that was received, because its queue
    /// survives them.
    pub fn last_event_id(&self) -> String {
        self.inner.taken_id()
    }

    /// The reconnection time: the stream's last `retry` field, otherwise the initial delay.
    pub fn reconnection_time(&self) -> Duration {
        self.inner.reconnection_time()
    }

    /// Connects again without a wait, with the same last event ID. Has no effect on a closed source, or on
    /// a source over an [existing stream](Self::from_stream).
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
        let item = self.inner.poll_take(context);
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
///
/// ```
/// use authenticated_event_source::browser::Handle;
///
/// fn on_click(handle: &Handle) {
///     handle.reconnect();
/// }
/// ```
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
        inner.map_or(State::Closed, |inner| inner.state())
    }

    /// Returns the stream of states: the current state, and then each change.
    pub fn states(&self) -> States {
        let inner = self.0.upgrade();
        inner.map_or_else(States::closed, |inner| inner.states())
    }

    /// The last event ID of the events that were taken from the source. Empty after it was dropped.
    pub fn last_event_id(&self) -> String {
        let inner = self.0.upgrade();
        inner.map_or_else(String::new, |inner| inner.taken_id())
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
