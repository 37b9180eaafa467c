use alloc::borrow::Cow;
use alloc::string::String;
use core::time::Duration;

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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// The event type; `message` if the stream named none.
    pub event_type: String,
    /// The data: the values of all `data` fields, joined by LF.
    pub data: String,
    /// The last event ID: that of this event, or of the latest event before it that had one.
    pub last_event_id: String,
}

impl From<RawEvent<'_>> for Event {
    fn from(raw: RawEvent<'_>) -> Self {
        Self {
            event_type: decode(raw.event_type).into_owned(),
            data: decode(raw.data).into_owned(),
            last_event_id: decode(raw.last_event_id).into_owned(),
        }
    }
}

/// [UTF-8 decode without BOM](https://encoding.spec.whatwg.org/#utf-8-decode-without-bom):
/// malformed bytes become U+FFFD. To decode values one by one gives the same as to decode the
/// stream at once, because no line end and no colon is ever part of a longer sequence.
pub fn decode(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(value)
}
