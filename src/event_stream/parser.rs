use core::time::Duration;

use super::block::{Block, Found};
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
    block: Block,
    max_event_size: usize,
    /// It was reported. All is freed, but only when more is asked for: until then the bindings hold
    /// addresses of the events before the one that is too large.
    is_too_large: bool,
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
            is_too_large: false,
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
        if !self.is_too_large {
            self.room(bytes.len()).copy_from_slice(bytes);
        }
        self.add(bytes.len());
    }

    /// Like [`feed`](Self::feed), for bytes that must be copied from elsewhere: `fill` is given
    /// room for `len` bytes, all zero, and writes them.
    pub fn feed_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        if !self.is_too_large {
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
        if self.is_too_large {
            self.free();
        } else {
            self.lines.add(len);
        }
    }

    /// The next thing that the bytes so far hold; `None` until more bytes come.
    #[inline]
    pub fn next_item(&mut self) -> Option<Item<'_>> {
        let found = self.find()?;
        Some(self.item(found))
    }

    /// [`next_item`](Self::next_item), before anybody looks at it.
    #[inline(always)]
    pub(crate) fn find(&mut self) -> Option<Found> {
        if self.is_too_large {
            self.free();
            return None;
        }
        self.block.begin();
        let limit = self.max_event_size;
        let found = loop {
            let Some(line) = self.lines.next_line() else {
                if self.lines.unfinished_len() <= limit {
                    return None;
                }
                break Found::TooLarge;
            };
            if line.len() > limit {
                break Found::TooLarge;
            }
            if let Some(found) = self.block.process_line(line, &mut self.lines, limit) {
                break found;
            }
        };
        self.is_too_large = found == Found::TooLarge;
        Some(found)
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
        let Self { lines, block, .. } = self;
        match found {
            Found::Event => Item::Event(self.event()),
            Found::LastEventId => Item::LastEventId(block.last_event_id().bytes(lines)),
            Found::ReconnectionTime => {
                Item::ReconnectionTime(Duration::from_millis(block.reconnection_time()))
            }
            Found::Comment => Item::Comment(lines.bytes(block.comment())),
            Found::TooLarge => Item::TooLarge,
        }
    }

    #[inline(always)]
    fn event(&self) -> RawEvent<'_> {
        let Self { lines, block, .. } = self;
        let name = block.event_type().bytes(lines);
        let has_type = !name.is_empty();
        RawEvent {
            event_type: if has_type { name } else { b"message" },
            has_type,
            data: lines.bytes(block.data()),
            last_event_id: block.last_event_id().bytes(lines),
            has_id: block.has_id(),
        }
    }

    fn free(&mut self) {
        self.reset("");
        self.is_too_large = true;
    }
}

/// What the bindings look at: where things are in the parser's buffer, of what was
/// [found](EventStreamParser::find).
#[cfg(all(feature = "npm", target_arch = "wasm32"))]
impl EventStreamParser {
    /// The bytes in which the values lie that came in place: they stay where they are until there
    /// is to be [room](Self::room) again.
    pub(crate) fn buffer(&self) -> &[u8] {
        self.lines.all()
    }

    #[inline(always)]
    pub(crate) fn data(&self) -> core::ops::Range<usize> {
        self.block.data()
    }

    /// Empty if the stream named none.
    #[inline(always)]
    pub(crate) fn event_type(&self) -> &[u8] {
        self.block.event_type().bytes(&self.lines)
    }

    #[inline(always)]
    pub(crate) fn has_id(&self) -> bool {
        self.block.has_id()
    }

    /// Where the last event ID lies; what it is, where it lies elsewhere.
    #[inline(always)]
    pub(crate) fn last_event_id(&self) -> Result<core::ops::Range<usize>, &[u8]> {
        let id = self.block.last_event_id();
        id.range().ok_or_else(|| id.bytes(&self.lines))
    }

    pub(crate) fn comment(&self) -> &[u8] {
        self.lines.bytes(self.block.comment())
    }

    /// In milliseconds.
    pub(crate) fn reconnection_time(&self) -> u64 {
        self.block.reconnection_time()
    }
}

#[cfg(test)]
mod tests;
