//! The public handle of a source, a `Stream` of events.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::Stream;
use futures_core::future::LocalBoxFuture;

use super::builder::Builder;
use super::driver;
use super::error::Error;
use super::options::Options;
use super::shared_state::{Hooks, SharedState};
use crate::connection::{Interrupt, ReadyState};
use crate::event_stream::Event;

/// An event source: a [`Stream`] of events that reconnects by itself and resumes after the last event
/// ([WHATWG HTML §9.2]).
///
/// It connects when it is first polled, and reads no faster than it is polled. It retries failures
/// that may pass, and reports them to [`Builder::on_retry`] only. An `Err` is final, and the last
/// item. Dropping the source aborts the request, releases the reader and clears all timers.
///
/// It is not `Send`, because the objects of a browser belong to one thread.
///
/// [WHATWG HTML §9.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html
#[must_use = "an event source does nothing unless polled, and dropping it closes it"]
pub struct AuthenticatedEventSource {
    shared: Rc<SharedState>,
    /// The loop, `None` once the source is closed.
    run: Option<LocalBoxFuture<'static, ()>>,
}

impl AuthenticatedEventSource {
    /// Starts to configure a source. `url` is absolute, or relative to the document or worker.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url.into())
    }

    pub(super) fn new(options: Options, hooks: Hooks) -> Self {
        let shared = Rc::new(SharedState::new(options, hooks));
        let run = driver::run(Rc::clone(&shared));
        Self {
            shared,
            run: Some(Box::pin(run)),
        }
    }

    /// The ready state.
    pub fn ready_state(&self) -> ReadyState {
        self.shared.lifecycle().retry_state().ready_state()
    }

    /// The last event ID, which a reconnect would send.
    pub fn last_event_id(&self) -> String {
        self.shared
            .lifecycle()
            .retry_state()
            .last_event_id()
            .to_owned()
    }

    /// The reconnection time: the stream's last `retry` field, otherwise the initial delay.
    pub fn reconnection_time(&self) -> Duration {
        self.shared
            .lifecycle()
            .retry_state()
            .reconnection_time()
            .into()
    }

    /// Connects again without a wait, with the same last event ID. Has no effect on a closed source.
    pub fn reconnect(&self) {
        self.shared.interrupt(Interrupt::Reconnect);
    }

    /// Closes the source forever. Events that were parsed before are still delivered.
    pub fn close(&mut self) {
        self.shared.lifecycle().close();
        self.run = None;
    }
}

impl Stream for AuthenticatedEventSource {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(item) = self.shared.pop() {
            return Poll::Ready(Some(item));
        }
        let Some(run) = &mut self.run else {
            return Poll::Ready(None);
        };
        if run.as_mut().poll(context).is_ready() {
            self.run = None;
        }
        match self.shared.pop() {
            Some(item) => Poll::Ready(Some(item)),
            None if self.run.is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for AuthenticatedEventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedEventSource")
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}
