#[cfg(not(npm_module))]
use alloc::string::String;
#[cfg(not(npm_module))]
use core::time::Duration;

use super::block::{Block, Found};
use super::line_buffer::LineBuffer;
#[cfg(not(npm_module))]
use super::{Event, Item, RawEvent, SharedStr, TooLarge, decode, shared_str::SharedStrings};

/// Interprets an event stream ([WHATWG HTML §9.2.6]): bytes in, [items](Item) out.
///
/// Any bytes are a valid event stream, so that feeding never fails. Cutting the stream into other
/// chunks never changes its items. The time is linear in the length of the stream.
///
/// ```
/// use authenticated_event_source::event_stream::EventStreamParser;
///
/// let mut parser = EventStreamParser::new();
/// parser.feed(b"event: greeting\nid: 7\ndata: hel");
/// assert_eq!(parser.next_event()?, None);
/// parser.feed(b"lo\n\n");
/// let event = parser.next_event()?.unwrap();
/// assert_eq!(event.data, "hello");
/// assert_eq!(event.event_type, "greeting");
/// assert_eq!(event.last_event_id, "7");
/// # Ok::<(), authenticated_event_source::event_stream::TooLarge>(())
/// ```
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug)]
pub struct EventStreamParser {
    lines: LineBuffer,
    block: Block,
    max_event_size: usize,
    /// Whether [`Item::TooLarge`] was returned. The memory is freed by the next call, not before: the
    /// bindings still read the events before the event that is too large.
    is_too_large: bool,
    /// The npm package makes JavaScript strings and needs none of these.
    #[cfg(not(npm_module))]
    shared: SharedStrings,
}

impl Default for EventStreamParser {
    fn default() -> Self {
        Self::new()
    }
}

impl EventStreamParser {
    /// The default limit for the size of an event, in bytes: 16 MiB.
    pub const DEFAULT_MAX_EVENT_SIZE: usize = 16 << 20;

    /// A parser at the start of a stream, with an empty last event ID.
    pub fn new() -> Self {
        Self {
            lines: LineBuffer::default(),
            block: Block::default(),
            max_event_size: Self::DEFAULT_MAX_EVENT_SIZE,
            is_too_large: false,
            #[cfg(not(npm_module))]
            shared: SharedStrings::default(),
        }
    }

    /// Sets the limit in bytes for the data of one event, and for one line. Default 16 MiB. A larger
    /// event ends the stream with [`Item::TooLarge`].
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = bytes;
        self
    }

    /// Starts a new stream. Unread items and the unfinished block are dropped.
    ///
    /// Events without an `id` field have `last_event_id`, until an event sets another ID. The text of
    /// the standard starts each stream with an empty ID. Browsers continue with the ID of the
    /// reconnect, which the connection passes here.
    pub fn reset(&mut self, last_event_id: &str) {
        *self = Self::new().max_event_size(self.max_event_size);
        self.block = Block::with_last_event_id(last_event_id.as_bytes());
    }

    /// Ends the stream. An event without its blank line is dropped. The parser is then at the start
    /// of a new stream with an empty last event ID.
    pub fn end(&mut self) {
        self.reset("");
    }

    /// Parses the next bytes of the stream. Then call [`next_item`](Self::next_item) until it
    /// returns `None`.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !self.is_too_large {
            self.room(bytes.len()).copy_from_slice(bytes);
        }
        self.add(bytes.len());
    }

    /// Like [`feed`](Self::feed), for bytes that are copied from memory outside of Rust. `fill` writes
    /// the `len` bytes into a slice, which contains zeros.
    pub fn feed_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        if !self.is_too_large {
            let room = self.room(len);
            room.fill(0);
            fill(room);
        }
        self.add(len);
    }

    /// Returns room for the next `len` bytes of the stream, with any contents. The bytes are part of
    /// the stream once they are [added](Self::add).
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        self.block.begin();
        self.block.compact(&mut self.lines);
        self.lines.room(len)
    }

    /// Adds the bytes that were written into the [room](Self::room).
    pub(crate) fn add(&mut self, len: usize) {
        if self.is_too_large {
            self.free();
        } else {
            self.lines.add(len);
        }
    }

    /// Returns the next item, or `None` until more bytes are fed.
    #[cfg(not(npm_module))]
    #[inline]
    pub fn next_item(&mut self) -> Option<Item<'_>> {
        let found = self.find()?;
        self.note_last_event_id(found);
        Some(self.item(found))
    }

    /// Finds the next item without reading its values.
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

    /// Finds the next events whose blocks are one line of data each, faster than [`find`](Self::find). Calls
    /// `take` with the range of the data. The other values of these events are the defaults.
    #[cfg(any(test, all(feature = "npm", target_arch = "wasm32")))]
    #[inline(always)]
    pub(crate) fn find_data(&mut self, take: impl FnMut(core::ops::Range<usize>)) {
        self.block.begin();
        if self.block.is_empty() && !self.is_too_large {
            self.lines.take_data_blocks(self.max_event_size, take);
        }
    }

    #[cfg(not(npm_module))]
    #[inline(always)]
    fn item(&self, found: Found) -> Item<'_> {
        let Self { lines, block, .. } = self;
        match found {
            Found::Event => Item::Event(event(lines, block)),
            Found::LastEventId => Item::LastEventId(block.last_event_id().bytes(lines)),
            Found::ReconnectionTime => {
                Item::ReconnectionTime(Duration::from_millis(block.reconnection_time()))
            }
            Found::Comment => Item::Comment(lines.bytes(block.note())),
            Found::TooLarge => Item::TooLarge,
        }
    }

    fn free(&mut self) {
        self.reset("");
        self.is_too_large = true;
    }
}

#[cfg(not(npm_module))]
impl EventStreamParser {
    /// The next event, without the other items; `None` until more bytes come.
    ///
    /// ```
    /// use authenticated_event_source::event_stream::EventStreamParser;
    ///
    /// let mut parser = EventStreamParser::new();
    /// parser.feed(b"data: a\n\n: comment\n\ndata: b\n\n");
    /// while let Some(event) = parser.next_event()? {
    ///     println!("{}", event.data);
    /// }
    /// # Ok::<(), authenticated_event_source::event_stream::TooLarge>(())
    /// ```
    ///
    /// # Errors
    /// An event or a line is larger than [the limit](Self::max_event_size). The error is returned
    /// once; then the parser ignores everything until it is [reset](Self::reset).
    pub fn next_event(&mut self) -> Result<Option<Event>, TooLarge> {
        while let Some(found) = self.find() {
            self.note_last_event_id(found);
            match found {
                Found::Event => return Ok(Some(self.owned_event())),
                Found::TooLarge => return Err(self.too_large()),
                Found::LastEventId | Found::ReconnectionTime | Found::Comment => {}
            }
        }
        Ok(None)
    }

    /// The event that was [found](Self::next_item) last, decoded.
    #[inline(always)]
    pub(crate) fn owned_event(&mut self) -> Event {
        let raw = event(&self.lines, &self.block);
        // Valid and malformed events are built in separate functions. If two branches made `data`, the
        // compiler would move it, and the processor would stall on loading what it has just stored.
        let Ok(data) = core::str::from_utf8(raw.data) else {
            return self.malformed_event();
        };
        Event {
            event_type: event_type(&mut self.shared, &raw),
            last_event_id: self.shared.last_event_id(raw.last_event_id),
            has_own_id: raw.has_id,
            origin: SharedStr::EMPTY,
            data: String::from(data),
        }
    }

    #[cold]
    fn malformed_event(&mut self) -> Event {
        let raw = event(&self.lines, &self.block);
        Event {
            event_type: event_type(&mut self.shared, &raw),
            last_event_id: self.shared.last_event_id(raw.last_event_id),
            has_own_id: raw.has_id,
            origin: SharedStr::EMPTY,
            data: decode(raw.data).into_owned(),
        }
    }

    pub(super) fn too_large(&self) -> TooLarge {
        TooLarge {
            limit: self.max_event_size,
        }
    }

    #[inline(always)]
    pub(super) fn note_last_event_id(&mut self, found: Found) {
        let is_changed = match found {
            Found::Event => self.block.has_id(),
            Found::LastEventId => true,
            Found::ReconnectionTime | Found::Comment | Found::TooLarge => false,
        };
        if is_changed {
            self.shared.last_event_id_changed();
        }
    }
}

#[cfg(not(npm_module))]
#[inline(always)]
fn event_type(shared: &mut SharedStrings, raw: &RawEvent<'_>) -> SharedStr {
    if raw.has_type {
        shared.types.get(raw.event_type)
    } else {
        SharedStr::MESSAGE
    }
}

#[cfg(not(npm_module))]
#[inline(always)]
fn event<'a>(lines: &'a LineBuffer, block: &'a Block) -> RawEvent<'a> {
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

/// The values of the item that was [found](EventStreamParser::find), as ranges of the buffer.
#[cfg(all(feature = "npm", target_arch = "wasm32"))]
impl EventStreamParser {
    /// The bytes of the in-place values, followed by at least 64 bytes of any value. They do not move
    /// before the next call of [`room`](Self::room).
    pub(crate) fn buffer(&self) -> &[u8] {
        self.lines.padded()
    }

    #[inline(always)]
    pub(crate) fn data(&self) -> core::ops::Range<usize> {
        self.block.data()
    }

    /// The event type, empty if the block has none.
    #[inline(always)]
    pub(crate) fn event_type(&self) -> &[u8] {
        self.block.event_type().bytes(&self.lines)
    }

    #[inline(always)]
    pub(crate) fn has_id(&self) -> bool {
        self.block.has_id()
    }

    /// The range of the last event ID, or its copy if it is not in the buffer.
    #[inline(always)]
    pub(crate) fn last_event_id(&self) -> Result<core::ops::Range<usize>, &[u8]> {
        let id = self.block.last_event_id();
        id.range().ok_or_else(|| id.bytes(&self.lines))
    }

    /// The text of the latest note.
    pub(crate) fn note(&self) -> &[u8] {
        self.lines.bytes(self.block.note())
    }

    /// Starts a new stream, like [`reset`](Self::reset). The last event ID is the first `len` bytes of the
    /// [room](Self::room).
    pub(crate) fn reset_to_room(&mut self, len: usize) {
        let block = Block::with_last_event_id(self.room(len));
        self.reset("");
        self.block = block;
    }

    /// The value of the latest `retry` field, in milliseconds.
    pub(crate) fn reconnection_time(&self) -> u64 {
        self.block.reconnection_time()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod find_data_tests;
#[cfg(test)]
mod tests;
