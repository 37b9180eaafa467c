use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::RefCell;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::Stream;
use futures_core::future::LocalBoxFuture;
use wasm_bindgen::JsValue;
use web_sys::Response;

use super::attempt::Lost;
use super::auth::Cause;
use super::builder::Builder;
use super::observer::{Delivered, Observer};
use super::options::Options;
use super::source::Source;
use super::sys;
use crate::connection::{Failure, Next, ReadyState, Reason, Verdict};
use crate::event_stream::{Event, EventStreamParser, Item};

/// An event source: a [`Stream`] of events that reconnects by itself and goes on where it was.
///
/// It connects when it is first polled, and reads no faster than it is polled. Failures that may
/// pass are retried and do not show in the stream ([`Builder::on_retry`] tells of them); an
/// `Err` is final, and the last item. Dropping the source aborts the request, releases the reader
/// and clears all timers.
///
/// It is not `Send`, because nothing of the browser's is.
#[must_use = "an event source does nothing unless polled, and dropping it closes it"]
pub struct AuthenticatedEventSource {
    source: Rc<Source<Queue>>,
    /// `None` once the source is closed.
    run: Option<LocalBoxFuture<'static, ()>>,
}

impl AuthenticatedEventSource {
    /// Starts with the URL, absolute or relative to the document or worker.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url.into())
    }

    pub(super) fn new(options: Options, hooks: Hooks) -> Self {
        let queue = Queue {
            items: RefCell::default(),
            hooks,
        };
        let source = Rc::new(Source::new(options, queue));
        let run = Rc::clone(&source);
        Self {
            source,
            run: Some(Box::pin(async move { run.run().await })),
        }
    }

    /// The state.
    pub fn ready_state(&self) -> ReadyState {
        self.source.connection.borrow().ready_state()
    }

    /// The last event ID: the one that a reconnect would send.
    pub fn last_event_id(&self) -> String {
        self.source.connection.borrow().last_event_id().to_owned()
    }

    /// The reconnection time: what the stream's `retry` field said, else the initial delay.
    pub fn reconnection_time(&self) -> Duration {
        self.source.connection.borrow().reconnection_time()
    }

    /// Connects anew, at once, with the same last event ID. Does nothing once closed.
    pub fn reconnect(&self) {
        self.source.reconnect();
    }

    /// Closes the source for good. Events that were read already are still delivered.
    pub fn close(&mut self) {
        self.source.connection.borrow_mut().close();
        self.run = None;
    }
}

impl Stream for AuthenticatedEventSource {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(item) = self.source.observer.pop() {
            return Poll::Ready(Some(item));
        }
        let Some(run) = &mut self.run else {
            return Poll::Ready(None);
        };
        if run.as_mut().poll(context).is_ready() {
            self.run = None;
        }
        match self.source.observer.pop() {
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

/// Why a source failed for good, or an attempt did.
#[derive(Debug)]
pub struct Error {
    lost: Lost,
}

impl Error {
    pub(super) fn new(lost: Lost) -> Self {
        Self { lost }
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.lost.failure.reason
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.lost.failure.status
    }

    /// A stable code for programs, such as `ERR_UNAUTHORIZED`.
    pub fn code(&self) -> String {
        self.lost.failure.code()
    }

    /// The exception behind it, if there was one.
    pub fn cause(&self) -> Option<&JsValue> {
        self.lost.cause.as_ref()
    }

    /// The response, if one came. Its body is gone.
    pub fn response(&self) -> Option<&Response> {
        self.lost.response.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lost.failure.fmt(f)
    }
}

impl core::error::Error for Error {}

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

/// Holds the events of one slice until they are polled; meanwhile nothing is read.
struct Queue {
    items: RefCell<VecDeque<Result<Event, Error>>>,
    hooks: Hooks,
}

impl Queue {
    fn pop(&self) -> Option<Result<Event, Error>> {
        self.items.borrow_mut().pop_front()
    }
}

impl Observer for Queue {
    fn opened(&self, _: &Response, is_resumed: bool) {
        if let Some(open) = &self.hooks.open {
            open(is_resumed);
        }
    }

    fn deliver(&self, parser: &mut EventStreamParser, source: &Source<Self>) -> Delivered {
        let mut delivered = Delivered::default();
        let mut items = self.items.borrow_mut();
        let mut connection = source.connection.borrow_mut();
        while let Some(item) = parser.next_item() {
            delivered.note(&item);
            connection.commit(&item);
            if let Item::Event(event) = item {
                items.push_back(Ok(event.into()));
            }
        }
        delivered
    }

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<()> {
        // No waker is needed: the loop is polled again exactly when the queue has run empty.
        if self.items.borrow().is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn next_task(&self) -> impl Future<Output = ()> {
        sys::next_task()
    }

    fn verdict(&self, lost: &Lost) -> Option<Verdict> {
        self.hooks
            .verdict
            .as_ref()
            .and_then(|verdict| verdict(&lost.failure))
    }

    fn failed(&self, lost: &Lost, next: Next, _: u32) {
        let error = Error::new(lost.clone());
        match (next, &self.hooks.retry) {
            (Next::Wait(wait), Some(retry)) => retry(&error, wait),
            // A stream that its server ended on purpose is at its end, not broken.
            (Next::Stop, _) if !lost.failure.is_ordinary_end() => {
                self.items.borrow_mut().push_back(Err(error));
            }
            _ => {}
        }
    }

    fn reconnecting(&self, _: Cause) {}
}
