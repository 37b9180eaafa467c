use alloc::vec::Vec;
use core::mem;
use core::ops::Range;
use core::time::Duration;

use super::line_buffer::LineBuffer;
use super::{Event, Item, RawEvent};

/// Interprets an event stream ([WHATWG HTML §9.2.6]): bytes in, [items](Item) out.
///
/// Any bytes are a valid event stream, so there is no error type; how the stream is cut into
/// pieces never changes the result; each byte is looked at a constant number of times.
///
/// ```
/// use authenticated_event_source::event_stream::{Event, EventStreamParser};
///
/// let mut parser = EventStreamParser::new();
/// parser.feed(b"event: greeting\nid: 7\ndata: hel");
/// assert_eq!(parser.next_event(), None);
/// parser.feed(b"lo\n\n");
/// let Event { event_type, data, last_event_id } = parser.next_event().unwrap();
/// assert_eq!((&*event_type, &*data, &*last_event_id), ("greeting", "hello", "7"));
/// ```
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug)]
pub struct EventStreamParser {
    lines: LineBuffer,
    /// The *data buffer*, in place in `lines`, without its last LF. `None`: the empty string.
    data: Option<Range<usize>>,
    /// The *event type buffer*.
    event_type: Vec<u8>,
    /// The *last event ID buffer*.
    last_event_id: Vec<u8>,
    /// Whether the block being read set the last event ID buffer.
    has_id: bool,
    /// The block was handed out; its buffers are emptied before the next byte is read, not
    /// earlier, because the caller still looks at them.
    is_block_over: bool,
    max_event_size: usize,
    overflow: Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    No,
    Unreported,
    Reported,
}

/// An [`Item`] before it borrows from the parser.
enum Found {
    Event,
    LastEventId,
    ReconnectionTime(Duration),
    Comment(Range<usize>),
}

impl Default for EventStreamParser {
    fn default() -> Self {
        Self::new()
    }
}

impl EventStreamParser {
    /// The default for the size of an event, in bytes: 16 MiB.
    pub const DEFAULT_MAX_EVENT_SIZE: usize = 16 << 20;

    /// A parser at the start of a stream, with an empty last event ID.
    pub fn new() -> Self {
        Self {
            lines: LineBuffer::default(),
            data: None,
            event_type: Vec::new(),
            last_event_id: Vec::new(),
            has_id: false,
            is_block_over: false,
            max_event_size: Self::DEFAULT_MAX_EVENT_SIZE,
            overflow: Overflow::No,
        }
    }

    /// Limits the data of one event, and any one line, to this many bytes. What is longer ends
    /// the stream with [`Item::TooLarge`].
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = bytes;
        self
    }

    /// Starts a new stream: all that is unread or unfinished is dropped.
    ///
    /// An event without an `id` field then has `last_event_id`, until one sets another. The
    /// standard's text starts each stream with the empty string; browsers go on with the ID they
    /// reconnected with, and so do we when the connection passes it here.
    pub fn reset(&mut self, last_event_id: &str) {
        *self = Self::new().max_event_size(self.max_event_size);
        self.last_event_id
            .extend_from_slice(last_event_id.as_bytes());
    }

    /// Ends the stream: an event whose blank line has not come is dropped. The parser is then at
    /// the start of a new stream with an empty last event ID.
    pub fn end(&mut self) {
        self.reset("");
    }

    /// Takes the next bytes of the stream. Then call [`next_item`](Self::next_item) until it
    /// returns `None`.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.feed_with(bytes.len(), |room| room.copy_from_slice(bytes));
    }

    /// Like [`feed`](Self::feed), for bytes that must be copied from elsewhere: `fill` is given
    /// room for `len` bytes, all zero, and writes them.
    pub fn feed_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        if self.overflow != Overflow::No {
            self.free();
            return;
        }
        self.begin_block();
        let keep = self.data.clone().unwrap_or(0..0);
        let kept = self.lines.append(len, keep, fill);
        if let Some(data) = &mut self.data {
            *data = kept;
        }
    }

    /// The next thing that the bytes so far hold; `None` until more bytes come.
    pub fn next_item(&mut self) -> Option<Item<'_>> {
        if self.overflow != Overflow::No {
            return self.report_overflow();
        }
        self.begin_block();
        let found = loop {
            let Some(line) = self.lines.next_line() else {
                self.check_size(self.lines.unfinished_len());
                return self.report_overflow();
            };
            if !self.check_size(line.len()) {
                return self.report_overflow();
            }
            if let Some(found) = self.process_line(line) {
                break found;
            }
            if self.overflow != Overflow::No {
                return self.report_overflow();
            }
        };
        Some(self.item(found))
    }

    /// The next event, for those who do not need the other items.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Item::Event(event) = self.next_item()? {
                return Some(event.into());
            }
        }
    }

    fn item(&self, found: Found) -> Item<'_> {
        match found {
            Found::Event => Item::Event(self.event()),
            Found::LastEventId => Item::LastEventId(&self.last_event_id),
            Found::ReconnectionTime(time) => Item::ReconnectionTime(time),
            Found::Comment(text) => Item::Comment(self.lines.bytes(text)),
        }
    }

    fn event(&self) -> RawEvent<'_> {
        let has_type = !self.event_type.is_empty();
        RawEvent {
            event_type: if has_type {
                &self.event_type
            } else {
                b"message"
            },
            has_type,
            data: self.lines.bytes(self.data.clone().unwrap_or(0..0)),
            last_event_id: &self.last_event_id,
            has_id: self.has_id,
        }
    }

    /// Empties the buffers of a block that was handed out.
    fn begin_block(&mut self) {
        if mem::take(&mut self.is_block_over) {
            self.data = None;
            self.event_type.clear();
            self.has_id = false;
        }
    }

    fn process_line(&mut self, line: Range<usize>) -> Option<Found> {
        let bytes = self.lines.bytes(line.clone());
        match memchr::memchr(b':', bytes) {
            // The line is empty: dispatch the event.
            None if bytes.is_empty() => self.dispatch_the_event(),
            // The line starts with a colon: ignore it, but let those who listen see it.
            Some(0) => Some(Found::Comment(self.value(line.start + 1..line.end))),
            // A colon inside: the field name is before it, the value behind it and one space.
            Some(colon) => {
                let name = line.start..line.start + colon;
                let value = self.value(name.end + 1..line.end);
                self.process_field(name, value)
            }
            // No colon: the whole line is the field name, the value is the empty string.
            None => self.process_field(line.clone(), line.end..line.end),
        }
    }

    /// `range` without one U+0020 SPACE at its start.
    fn value(&self, range: Range<usize>) -> Range<usize> {
        let space = self.lines.bytes(range.clone()).starts_with(b" ");
        range.start + usize::from(space)..range.end
    }

    fn process_field(&mut self, name: Range<usize>, value: Range<usize>) -> Option<Found> {
        let bytes = self.lines.bytes(value.clone());
        match self.lines.bytes(name) {
            b"data" => self.append_data(value),
            b"event" => replace(&mut self.event_type, bytes),
            b"id" if memchr::memchr(0, bytes).is_none() => {
                replace(&mut self.last_event_id, bytes);
                self.has_id = true;
            }
            b"retry" => {
                let milliseconds = digits(bytes)?;
                return Some(Found::ReconnectionTime(Duration::from_millis(milliseconds)));
            }
            // Otherwise, the field is ignored; so is an `id` that holds U+0000 NULL.
            _ => {}
        }
        None
    }

    fn append_data(&mut self, value: Range<usize>) {
        let Some(data) = &mut self.data else {
            self.data = Some(value);
            return;
        };
        self.lines.join(data, value);
        let len = data.len();
        self.check_size(len);
    }

    /// The blank line: the last event ID counts from here on, not from its field on. An event
    /// without data is not dispatched.
    fn dispatch_the_event(&mut self) -> Option<Found> {
        self.is_block_over = true;
        if self.data.is_some() {
            return Some(Found::Event);
        }
        if self.has_id {
            return Some(Found::LastEventId);
        }
        self.begin_block();
        None
    }

    /// Whether `len` bytes are within the limit.
    fn check_size(&mut self, len: usize) -> bool {
        if len > self.max_event_size {
            self.overflow = Overflow::Unreported;
        }
        self.overflow == Overflow::No
    }

    /// Frees everything, but only when it is asked after the report: until then the bindings hold
    /// addresses of the events before the one that is too large.
    fn report_overflow(&mut self) -> Option<Item<'static>> {
        match self.overflow {
            Overflow::No => return None,
            Overflow::Unreported => {
                self.overflow = Overflow::Reported;
                return Some(Item::TooLarge);
            }
            Overflow::Reported => self.free(),
        }
        None
    }

    fn free(&mut self) {
        let overflow = self.overflow;
        self.reset("");
        self.overflow = overflow;
    }
}

fn replace(buffer: &mut Vec<u8>, value: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(value);
}

/// The number that ASCII digits, and nothing else, spell in base ten.
pub(crate) fn digits(value: &[u8]) -> Option<u64> {
    let mut number = (!value.is_empty()).then_some(0_u64)?;
    for byte in value {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number = number.saturating_mul(10).saturating_add(digit);
    }
    Some(number)
}

#[cfg(test)]
mod tests;
