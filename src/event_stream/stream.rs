use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use futures_core::{FusedStream, Stream, TryStream};

use super::chunk_reader::ChunkReader;
use super::owned_block::OwnedBlock;
use super::{Event, TooLarge};

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
pub struct EventStream<S: TryStream> {
    /// `None` once the last item was returned. Boxed, so that every stream can be polled without
    /// pinning the adaptor.
    bytes: Option<Pin<Box<S>>>,
    /// The chunk that is being read.
    chunk: Option<S::Ok>,
    reader: ChunkReader,
    until: Until,
}

/// A chunk is never pinned.
impl<S: TryStream> Unpin for EventStream<S> {}

type Predicate = Box<dyn FnMut(&Event) -> bool + Send + Sync>;

/// The condition that marks the end of a complete stream.
enum Until {
    End,
    Data(Box<str>),
    Event(Predicate),
}

/// What the reader has found. It is small, so that an event is built where the caller wants it: a
/// move of a new event stalls the processor for as long as its parsing takes.
enum Step {
    Event,
    /// An event for the predicate of [`EventStream::until_event`].
    CheckedEvent,
    TooLarge(TooLarge),
    /// The event that marks the end.
    End,
    NeedsBytes,
}

type Item<S> = Result<Event, Error<<S as TryStream>::Error>>;

impl<S: TryStream<Ok: AsRef<[u8]>>> EventStream<S> {
    fn new(bytes: S) -> Self {
        Self {
            bytes: Some(Box::pin(bytes)),
            chunk: None,
            reader: ChunkReader::new(),
            until: Until::End,
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
    /// [16 MiB](super::EventStreamParser::DEFAULT_MAX_EVENT_SIZE).
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.reader.max_event_size = bytes;
        self
    }

    /// Sets the ID of events before the first `id` field: the ID that the request sent as
    /// `Last-Event-ID`.
    pub fn resumed_from(mut self, last_event_id: &str) -> Self {
        self.reader.block.last_event_id = last_event_id.into();
        self
    }

    /// The last event ID: send it as `Last-Event-ID` to continue after the latest event.
    ///
    /// It can be newer than the ID of the latest event, because a block without data sets it too.
    pub fn last_event_id(&self) -> &str {
        &self.reader.block.last_event_id
    }

    /// The time that clients wait before they reconnect, from the latest `retry` field of the
    /// server.
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reader.block.reconnection_time
    }

    /// Reads the chunk until the caller has something to do.
    #[inline(always)]
    fn step(&mut self) -> Step {
        let Some(chunk) = &self.chunk else {
            return Step::NeedsBytes;
        };
        let chunk = chunk.as_ref();
        match self.reader.find(chunk) {
            Ok(false) => Step::NeedsBytes,
            Err(error) => Step::TooLarge(error),
            Ok(true) => match &self.until {
                Until::End => Step::Event,
                Until::Data(last) if self.reader.block.has_data(last, chunk) => Step::End,
                Until::Data(_) => Step::Event,
                Until::Event(_) => Step::CheckedEvent,
            },
        }
    }

    /// The event that the reader has found.
    #[inline(always)]
    fn event(&mut self) -> Poll<Option<Item<S>>> {
        let chunk = self.chunk.as_ref().map_or(&b""[..], AsRef::as_ref);
        ready_event(&mut self.reader.block, chunk)
    }

    /// The event that the reader has found. Ends the stream if the caller wants no more.
    fn checked_event(&mut self) -> Event {
        let chunk = self.chunk.as_ref().map_or(&b""[..], AsRef::as_ref);
        let event = self.reader.block.take_event(chunk);
        if let Until::Event(is_last) = &mut self.until
            && is_last(&event)
        {
            self.finish();
        }
        event
    }

    /// Drops the stream of bytes, which closes its connection, and frees the memory.
    fn finish(&mut self) {
        self.bytes = None;
        self.chunk = None;
        self.reader.end();
    }

    /// The last item of this stream.
    fn fail(&mut self, error: Error<S::Error>) -> Poll<Option<Item<S>>> {
        self.finish();
        Poll::Ready(Some(Err(error)))
    }

    /// Reads the next chunk. Returns the last item of this stream instead, if there is one.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error<S::Error>>> {
        self.chunk = None;
        let bytes = match &mut self.bytes {
            Some(bytes) => ready!(bytes.as_mut().try_poll_next(context)),
            None => None,
        };
        Poll::Ready(match bytes {
            Some(Ok(chunk)) => {
                let begun = self.reader.begin(chunk.as_ref());
                self.chunk = Some(chunk);
                begun.map_err(Error::from)
            }
            Some(Err(error)) => Err(Error::Transport(error)),
            None => self.end(),
        })
    }

    /// The stream of bytes has ended.
    fn end(&mut self) -> Result<(), Error<S::Error>> {
        self.finish();
        match self.until {
            Until::End => Ok(()),
            Until::Data(_) | Until::Event(_) => Err(Error::End),
        }
    }
}

/// Builds the event directly in the place of the result. Each kind has its own `return`: a value from two
/// branches would be moved, which costs as much as its parsing.
#[inline(never)]
fn ready_event<E>(block: &mut OwnedBlock, chunk: &[u8]) -> Poll<Option<Result<Event, Error<E>>>> {
    match block.data_in_chunk(chunk) {
        Some(data) => Poll::Ready(Some(Ok(block.take_event_with(data)))),
        None => other_event(block, chunk),
    }
}

#[inline(never)]
fn other_event<E>(block: &mut OwnedBlock, chunk: &[u8]) -> Poll<Option<Result<Event, Error<E>>>> {
    Poll::Ready(Some(Ok(block.take_event(chunk))))
}

impl<S: TryStream<Ok: AsRef<[u8]>>> Stream for EventStream<S> {
    type Item = Item<S>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while this.bytes.is_some() {
            match this.step() {
                Step::Event => return this.event(),
                Step::CheckedEvent => return Poll::Ready(Some(Ok(this.checked_event()))),
                Step::TooLarge(error) => return this.fail(error.into()),
                Step::End => this.finish(),
                Step::NeedsBytes => {
                    if let Err(error) = ready!(this.poll_chunk(context)) {
                        return this.fail(error);
                    }
                }
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

impl<S: TryStream> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("is_terminated", &self.bytes.is_none())
            .field("last_event_id", &self.reader.block.last_event_id)
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
