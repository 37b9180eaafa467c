use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::SharedStr;

/// A part of the event stream that has an effect ([WHATWG HTML §9.2.6]).
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// An event to dispatch. Its last event ID is committed.
    Event(RawEvent<'a>),
    /// The last event ID of a block without data. The ID is committed, and nothing is dispatched.
    LastEventId(&'a [u8]),
    /// The reconnection time of a `retry` field. A number that does not fit is the largest `u64` of
    /// milliseconds.
    ReconnectionTime(Duration),
    /// A comment, without the colon and one space after it.
    Comment(&'a [u8]),
    /// An event or a line was larger than the limit. The parser ignores the rest of the stream, and
    /// frees its memory at the next call.
    TooLarge,
}

/// An event in the parser's buffer. Its bytes may be malformed UTF-8: see [`decode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// The event type; `message` if the stream named none.
    pub event_type: &'a [u8],
    /// Whether the block of this event contained an `event` field with a value.
    pub has_type: bool,
    /// The data: the values of all `data` fields, joined by LF.
    pub data: &'a [u8],
    /// The last event ID.
    pub last_event_id: &'a [u8],
    /// Whether the block of this event contained an `id` field. If not, the last event ID is the ID of
    /// an earlier block.
    pub has_id: bool,
}

/// An event of an event stream, decoded.
///
/// It can move to another thread, and a clone copies only the data.
///
/// ```
/// use authenticated_event_source::Event;
///
/// // In a unit test of an application:
/// let event = Event::new("message", "hello", "7").with_own_id();
/// assert!(event.has_own_id);
/// assert_eq!(event.origin, "");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Event {
    /// The event type; `message` if the stream named none.
    pub event_type: SharedStr,
    /// The data: the values of all `data` fields, joined by LF.
    pub data: String,
    /// The last event ID: the ID of this event, or of the latest event before it that had one.
    pub last_event_id: SharedStr,
    /// Whether the stream gave this event its own ID. If not, the last event ID belongs to an earlier
    /// event.
    pub has_own_id: bool,
    /// The origin of the URL that the stream came from, after redirects. Empty for an event of a parser
    /// or of a stream of bytes, which have no URL.
    pub origin: SharedStr,
}

impl Event {
    /// An event for the tests of an application, without an ID of its own and without an origin.
    pub fn new(
        event_type: impl Into<SharedStr>,
        data: impl Into<String>,
        last_event_id: impl Into<SharedStr>,
    ) -> Self {
        Self {
            event_type: event_type.into(),
            data: data.into(),
            last_event_id: last_event_id.into(),
            has_own_id: false,
            origin: SharedStr::EMPTY,
        }
    }

    /// The same event with an ID of its own.
    #[must_use]
    pub fn with_own_id(mut self) -> Self {
        self.has_own_id = true;
        self
    }

    /// The same event from this origin.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<SharedStr>) -> Self {
        self.origin = origin.into();
        self
    }
}

impl From<RawEvent<'_>> for Event {
    fn from(raw: RawEvent<'_>) -> Self {
        let event = Self::new(
            &*decode(raw.event_type),
            decode(raw.data),
            &*decode(raw.last_event_id),
        );
        Self {
            has_own_id: raw.has_id,
            ..event
        }
    }
}

/// [UTF-8 decode without BOM](https://encoding.spec.whatwg.org/#utf-8-decode-without-bom):
/// malformed bytes become U+FFFD. Values can be decoded one by one, because no line end and no
/// colon is ever part of a longer sequence.
pub fn decode(value: &[u8]) -> Cow<'_, str> {
    // The check alone is several times as fast as the lossy conversion. The npm package decodes only
    // IDs here, and is smaller without.
    #[cfg(not(npm_module))]
    if let Ok(text) = core::str::from_utf8(value) {
        return Cow::Borrowed(text);
    }
    String::from_utf8_lossy(value)
}

/// An event, or a line, was larger than [the limit](super::EventStreamParser::max_event_size).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooLarge {
    /// The limit, in bytes.
    pub limit: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit } = self;
        write!(
            f,
            "An event or a line of the stream is larger than {limit} bytes. Raise `max_event_size` if you trust the server."
        )
    }
}

impl core::error::Error for TooLarge {}
