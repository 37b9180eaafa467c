use super::block::{Block, Found};
use super::line_buffer::LineBuffer;
use super::{Event, Item};

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
    block: Block,
    max_event_size: usize,
    overflow: Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    No,
    Unreported,
    Reported,
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
            block: Block::default(),
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
        self.block = Block::with_last_event_id(last_event_id.as_bytes());
    }

    /// Ends the stream: an event whose blank line has not come is dropped. The parser is then at
    /// the start of a new stream with an empty last event ID.
    pub fn end(&mut self) {
        self.reset("");
    }

    /// Takes the next bytes of the stream. Then call [`next_item`](Self::next_item) until it
    /// returns `None`.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.overflow == Overflow::No {
            self.room(bytes.len()).copy_from_slice(bytes);
        }
        self.add(bytes.len());
    }

    /// Like [`feed`](Self::feed), for bytes that must be copied from elsewhere: `fill` is given
    /// room for `len` bytes, all zero, and writes them.
    pub fn feed_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        if self.overflow == Overflow::No {
            let room = self.room(len);
            room.fill(0);
            fill(room);
        }
        self.add(len);
    }

    /// Room for the next `len` bytes of the stream, whatever it holds. They count once they are
    /// [added](Self::add).
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        self.block.begin();
        self.block.compact(&mut self.lines);
        self.lines.room(len)
    }

    /// Takes what was written into the [room](Self::room).
    pub(crate) fn add(&mut self, len: usize) {
        match self.overflow {
            Overflow::No => self.lines.add(len),
            _ => self.free(),
        }
    }

    /// The bytes in which the values of the items lie that came in place: they stay where they
    /// are until there is to be [room](Self::room) again.
    #[cfg(all(feature = "npm", target_arch = "wasm32"))]
    pub(crate) fn buffer(&self) -> &[u8] {
        self.lines.all()
    }

    /// The next thing that the bytes so far hold; `None` until more bytes come.
    #[inline]
    pub fn next_item(&mut self) -> Option<Item<'_>> {
        if self.overflow != Overflow::No {
            return self.report_overflow();
        }
        self.block.begin();
        let found = loop {
            let Some(line) = self.lines.next_line() else {
                self.check_size(self.lines.unfinished_len());
                return self.report_overflow();
            };
            if !self.check_size(line.len()) {
                return self.report_overflow();
            }
            if let Some(found) = self.block.process_line(line, &mut self.lines) {
                break found;
            }
            if !self.check_size(self.block.data_len()) {
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

    #[inline(always)]
    fn item(&self, found: Found) -> Item<'_> {
        match found {
            Found::Event => Item::Event(self.block.event(&self.lines)),
            Found::LastEventId => Item::LastEventId(self.block.last_event_id(&self.lines)),
            Found::ReconnectionTime(time) => Item::ReconnectionTime(time),
            Found::Comment(text) => Item::Comment(self.lines.bytes(text)),
        }
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

#[cfg(test)]
mod tests;
