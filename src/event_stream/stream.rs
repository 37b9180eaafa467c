use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use futures_core::{FusedStream, Stream, TryStream};

use super::block::Found;
use super::{Event, EventStreamParser, SharedStr, TooLarge};

/// Reads events from a stream of bytes: the body of a response of reqwest, hyper or axum.
///
/// ```
/// use authenticated_event_source::event_stream::ByteStreamExt;
/// use futures_util::{StreamExt, stream};
///
/// # async fn example() -> Result<(), authenticated_event_source::event_stream::Error<std::io::Error>> {
/// let chunks = ["data: {\"text\":\"Hel", "lo\"}\n\ndata: [DONE]\n\n"];
/// let bytes = stream::iter(chunks.map(Ok::<_, std::io::Error>));
/// let mut events = bytes.events().until("[DONE]");
/// while let Some(event) = events.next().await {
///     assert_eq!(event?.data, r#"{"text":"Hello"}"#);
/// }
/// # Ok(()) }
/// # #[cfg(not(target_arch = "wasm32"))]
/// # futures_executor::block_on(example()).unwrap();
/// ```
pub trait ByteStreamExt: TryStream<Ok: AsRef<[u8]>> + Sized {
    /// The events of this stream of bytes.
    fn events(self) -> EventStream<Self> {
        EventStream::new(self)
    }
}

impl<S: TryStream<Ok: AsRef<[u8]>>> ByteStreamExt for S {}

/// The events of a stream of bytes, from [`ByteStreamExt::events`].
///
/// It does not reconnect, and it does not check the status or the `Content-Type` of a response. An
/// `Err` is the last item. The stream of bytes is dropped together with the last event.
#[must_use = "a stream does nothing unless it is polled"]
pub struct EventStream<S> {
    /// `None` once the last item was returned. Boxed, so that every stream can be polled without
    /// pinning the adaptor.
    bytes: Option<Pin<Box<S>>>,
    parser: EventStreamParser,
    until: Until,
    last_event_id: SharedStr,
    reconnection_time: Option<Duration>,
}

type Predicate = Box<dyn FnMut(&Event) -> bool + Send + Sync>;

/// The condition that marks the end of a complete stream.
enum Until {
    End,
    Data(Box<str>),
    Event(Predicate),
}

/// What the parser has found. It is small, so that an event is built where the caller wants it: a
/// move of a new event stalls the processor for as long as its parsing takes.
enum Step {
    Event,
    /// An event for the predicate of [`EventStream::until_event`].
    CheckedEvent,
    TooLarge,
    /// The event that marks the end.
    End,
    NeedsBytes,
}

impl<S> EventStream<S> {
    fn new(bytes: S) -> Self {
        Self {
            bytes: Some(Box::pin(bytes)),
            parser: EventStreamParser::new(),
            until: Until::End,
            last_event_id: SharedStr::default(),
            reconnection_time: None,
        }
    }

    /// Ends at an event with exactly this data, for example `[DONE]`. That event is not returned.
    ///
    /// If the bytes end without it, the last item is [`Error::End`].
    pub fn until(mut self, data: impl Into<Box<str>>) -> Self {
        self.until = Until::Data(data.into());
        self
    }

    /// Ends after the first event for which `is_last` is true. That event is returned.
    ///
    /// If the bytes end without it, the last item is [`Error::End`].
    pub fn until_event(
        mut self,
        is_last: impl FnMut(&Event) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.until = Until::Event(Box::new(is_last));
        self
    }

    /// Limits the data of one event, and each line, to this many bytes. The default is
    /// [16 MiB](EventStreamParser::DEFAULT_MAX_EVENT_SIZE).
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.parser = self.parser.max_event_size(bytes);
        self
    }

    /// Sets the ID of events before the first `id` field: the ID that the request sent as
    /// `Last-Event-ID`.
    pub fn resumed_from(mut self, last_event_id: &str) -> Self {
        self.parser.reset(last_event_id);
        self.last_event_id = last_event_id.into();
        self
    }

    /// The last event ID: send it as `Last-Event-ID` to continue after the latest event.
    ///
    /// It can be newer than the ID of the latest event, because a block without data sets it too.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The time that clients wait before they reconnect, from the latest `retry` field of the
    /// server.
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// Reads the bytes so far until the caller has something to do.
    #[inline(always)]
    fn step(&mut self) -> Step {
        while let Some(found) = self.parser.find() {
            self.parser.note_last_event_id(found);
            match found {
                Found::Event if self.parser.found_id() => {
                    self.last_event_id = self.parser.found_last_event_id();
                    return self.event_step();
                }
                Found::Event => return self.event_step(),
                Found::LastEventId => self.last_event_id = self.parser.found_last_event_id(),
                Found::ReconnectionTime => {
                    self.reconnection_time = Some(self.parser.found_reconnection_time());
                }
                Found::Comment => {}
                Found::TooLarge => return Step::TooLarge,
            }
        }
        Step::NeedsBytes
    }

    #[inline(always)]
    fn event_step(&self) -> Step {
        match &self.until {
            Until::End => Step::Event,
            Until::Data(last) if last.as_bytes() == self.parser.found_data() => Step::End,
            Until::Data(_) => Step::Event,
            Until::Event(_) => Step::CheckedEvent,
        }
    }

    /// The event that the parser has found. Ends the stream if the caller wants no more.
    fn checked_event(&mut self) -> Event {
        let event = self.parser.owned_event();
        if let Until::Event(is_last) = &mut self.until
            && is_last(&event)
        {
            self.finish();
        }
        event
    }

    fn too_large(&mut self) -> TooLarge {
        self.finish();
        self.parser.too_large()
    }

    /// Drops the stream of bytes, which closes its connection, and frees the parser's memory.
    fn finish(&mut self) {
        self.bytes = None;
        self.parser.end();
    }
}

impl<S: TryStream> EventStream<S> {
    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<S::Ok, S::Error>>> {
        match &mut self.bytes {
            Some(bytes) => bytes.as_mut().try_poll_next(context),
            None => Poll::Ready(None),
        }
    }
}

impl<S: TryStream<Ok: AsRef<[u8]>>> Stream for EventStream<S> {
    type Item = Result<Event, Error<S::Error>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while this.bytes.is_some() {
            match this.step() {
                Step::Event => return Poll::Ready(Some(Ok(this.parser.owned_event()))),
                Step::CheckedEvent => return Poll::Ready(Some(Ok(this.checked_event()))),
                Step::TooLarge => return Poll::Ready(Some(Err(this.too_large().into()))),
                Step::End => this.finish(),
                Step::NeedsBytes => match ready!(this.poll_bytes(context)) {
                    Some(Ok(chunk)) => this.parser.feed(chunk.as_ref()),
                    Some(Err(error)) => {
                        this.finish();
                        return Poll::Ready(Some(Err(Error::Transport(error))));
                    }
                    None => {
                        this.finish();
                        let is_complete = matches!(this.until, Until::End);
                        return Poll::Ready((!is_complete).then_some(Err(Error::End)));
                    }
                },
            }
        }
        Poll::Ready(None)
    }
}

impl<S: TryStream<Ok: AsRef<[u8]>>> FusedStream for EventStream<S> {
    fn is_terminated(&self) -> bool {
        self.bytes.is_none()
    }
}

impl<S> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("is_terminated", &self.bytes.is_none())
            .field("last_event_id", &self.last_event_id)
            .finish_non_exhaustive()
    }
}

/// The failure that ended an [`EventStream`]. `E` is the error of the stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error<E> {
    /// The stream of bytes failed, for example because the connection was reset.
    Transport(E),
    /// An event, or a line, was larger than [the limit](EventStream::max_event_size).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The bytes ended before the event that [`until`](EventStream::until) waits for.
    End,
}

impl<E> From<TooLarge> for Error<E> {
    fn from(TooLarge { limit }: TooLarge) -> Self {
        Self::TooLarge { limit }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(cause) => write!(
                f,
                "The event stream could not be read to its end: {cause}. Send the request again, with `Last-Event-ID` if the server supports it."
            ),
            Self::TooLarge { limit } => TooLarge { limit: *limit }.fmt(f),
            Self::End => f.write_str(
                "The stream ended before the event that `until` waits for. Its events are incomplete: send the request again.",
            ),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Transport(cause) => Some(cause),
            Self::TooLarge { .. } | Self::End => None,
        }
    }
}
