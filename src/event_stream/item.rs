use alloc::borrow::Cow;
use alloc::string::String;
use core::time::Duration;

/// What the parser found in the event stream, in the order in which it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// An event to dispatch. Its last event ID counts from now on.
    Event(RawEvent<'a>),
    /// A block without data that set the last event ID: nothing is dispatched, but the ID counts
    /// from now on.
    LastEventId(&'a [u8]),
    /// A `retry` field: the reconnection time of the event source is to be this long. Values
    /// that do not fit are the largest that does.
    ReconnectionTime(Duration),
    /// A line that starts with a colon, without the colon and one space behind it.
    Comment(&'a [u8]),
    /// An event or a line was larger than the limit. The parser ignores everything that follows,
    /// until it is reset; it frees its memory when it is asked for the next item.
    TooLarge,
}

/// An event as it lies in the parser's buffer: bytes that are not checked for UTF-8 yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// The event type; `message` if the stream named none.
    pub event_type: &'a [u8],
    /// Whether the block of this event named its type.
    pub has_type: bool,
    /// The data: the values of all `data` fields, joined by LF.
    pub data: &'a [u8],
    /// The last event ID.
    pub last_event_id: &'a [u8],
    /// Whether the block of this event held an `id` field. If not, the last event ID is the same
    /// as before.
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
