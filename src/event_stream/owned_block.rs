//! The buffers of one block of lines, and the interpretation of its fields, for owned events.

use alloc::string::String;
use core::ops::Range;
use core::time::Duration;

use super::block::{Field, digits, field, has_null};
use super::shared_str::{EventTypes, decode_shared};
use super::text::{Text, from_utf8};
use super::{Event, SharedStr, decode};

/// The buffers of the block of lines that is being read ([WHATWG HTML §9.2.6]), and what the stream
/// has set.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug)]
pub(super) struct OwnedBlock {
    data: Data,
    /// The data, unless it is in the chunk.
    pub(super) text: Text,
    /// The length of the data in the stream, in bytes. Decoded it can be longer.
    len: usize,
    /// The *event type buffer*; `message` if it is empty.
    event_type: SharedStr,
    /// The ID that this block has set.
    id: Option<SharedStr>,
    /// Whether the block that was dispatched has set an ID.
    has_own_id: bool,
    types: EventTypes,
    pub(super) last_event_id: SharedStr,
    pub(super) reconnection_time: Option<Duration>,
}

/// The *data buffer*, without its last LF.
#[derive(Debug, Default)]
enum Data {
    #[default]
    Empty,
    /// One line, which is copied only when its event is read.
    InChunk(Range<usize>),
    Text,
}

impl Default for OwnedBlock {
    fn default() -> Self {
        Self {
            data: Data::Empty,
            text: Text::default(),
            len: 0,
            event_type: SharedStr::MESSAGE,
            id: None,
            has_own_id: false,
            types: EventTypes::default(),
            last_event_id: SharedStr::EMPTY,
            reconnection_time: None,
        }
    }
}

impl OwnedBlock {
    /// Frees the memory. The last event ID and the reconnection time remain.
    pub(super) fn end(&mut self) {
        *self = Self {
            last_event_id: core::mem::take(&mut self.last_event_id),
            reconnection_time: self.reconnection_time,
            ..Self::default()
        };
    }

    /// Adds a `data` field whose value is in the chunk.
    #[inline(always)]
    pub(super) fn add_data_in_chunk(&mut self, value: Range<usize>, chunk: &[u8]) {
        if matches!(self.data, Data::Empty) {
            self.data = Data::InChunk(value);
        } else {
            self.leave_chunk(chunk);
            self.add_data(chunk.get(value).unwrap_or_default());
        }
    }

    /// Copies what is still in the chunk.
    #[inline(always)]
    pub(super) fn leave_chunk(&mut self, chunk: &[u8]) {
        if let Data::InChunk(value) = &self.data {
            let value = chunk.get(value.clone()).unwrap_or_default();
            self.data = Data::Empty;
            self.add_data(value);
        }
    }

    /// Adds a `data` field.
    #[inline(never)]
    fn add_data(&mut self, value: &[u8]) {
        self.begin_data(value.len());
        self.add_end_of_data(value);
    }

    /// Begins the value of a `data` field, which starts with `len` bytes.
    pub(super) fn begin_data(&mut self, len: usize) {
        if matches!(self.data, Data::Text) {
            self.text.push_line_feed();
            self.len += 1;
        } else {
            self.data = Data::Text;
            self.len = 0;
            self.text.begin(len);
        }
    }

    /// Adds a piece of the value of a `data` field.
    pub(super) fn add_piece_of_data(&mut self, piece: &[u8]) {
        self.text.push(piece);
        self.len += piece.len();
    }

    /// Adds the last piece of the value of a `data` field.
    pub(super) fn add_end_of_data(&mut self, piece: &[u8]) {
        self.text.push_last(piece);
        self.len += piece.len();
    }

    /// The length of the data in the stream, in bytes. 0 while the data is one line in the chunk.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Processes a line that is not blank ([process the field][field]). Most `data` lines are added
    /// directly instead.
    ///
    /// [field]: https://html.spec.whatwg.org/multipage/server-sent-events.html#processField
    pub(super) fn process_line(&mut self, line: &[u8]) {
        let Some((field, len)) = field(line) else {
            return;
        };
        let value = match &line[len..] {
            // No colon: the whole line is the field name, the value is the empty string.
            [] => &[],
            // The value follows the colon and one optional space.
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            // The field name only starts with a known name.
            _ => return,
        };
        match field {
            Field::Data => self.add_data(value),
            Field::Event if value.is_empty() => self.event_type = SharedStr::MESSAGE,
            Field::Event => self.event_type = self.types.get(value),
            // An `id` that contains U+0000 NULL is ignored.
            Field::Id if has_null(value) => {}
            Field::Id => self.id = Some(decode_shared(value)),
            Field::Retry => {
                if let Some(milliseconds) = digits(value) {
                    self.reconnection_time = Some(Duration::from_millis(milliseconds));
                }
            }
        }
    }

    /// Processes a blank line ([dispatch the event][dispatch]), and returns whether there is an event.
    /// The last event ID is committed here, not at its field. A block without data is no event.
    ///
    /// [dispatch]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
    #[inline(always)]
    pub(super) fn dispatch_the_event(&mut self) -> bool {
        self.has_own_id = self.id.is_some();
        if let Some(id) = self.id.take() {
            self.last_event_id = id;
        }
        if matches!(self.data, Data::Empty) {
            self.event_type = SharedStr::MESSAGE;
            return false;
        }
        true
    }

    /// The data of the block that was dispatched, if it is text in the chunk.
    #[inline(always)]
    pub(super) fn data_in_chunk<'a>(&self, chunk: &'a [u8]) -> Option<&'a str> {
        match &self.data {
            Data::InChunk(value) => from_utf8(chunk.get(value.clone()).unwrap_or_default()),
            Data::Empty | Data::Text => None,
        }
    }

    /// The event of the block that was dispatched, with the [data in the chunk](Self::data_in_chunk). The
    /// next block begins.
    #[inline(always)]
    pub(super) fn take_event_with(&mut self, data: &str) -> Event {
        self.data = Data::Empty;
        Event {
            event_type: core::mem::replace(&mut self.event_type, SharedStr::MESSAGE),
            last_event_id: self.last_event_id.clone(),
            has_own_id: self.has_own_id,
            origin: SharedStr::EMPTY,
            data: String::from(data),
        }
    }

    #[inline(never)]
    pub(super) fn take_event(&mut self, chunk: &[u8]) -> Event {
        let data = match core::mem::take(&mut self.data) {
            Data::InChunk(value) => decode(chunk.get(value).unwrap_or_default()).into_owned(),
            Data::Text | Data::Empty => {
                self.len = 0;
                self.text.take()
            }
        };
        Event {
            event_type: core::mem::replace(&mut self.event_type, SharedStr::MESSAGE),
            last_event_id: self.last_event_id.clone(),
            has_own_id: self.has_own_id,
            origin: SharedStr::EMPTY,
            data,
        }
    }

    /// Whether the event that was dispatched has this data.
    pub(super) fn has_data(&self, expected: &str, chunk: &[u8]) -> bool {
        match &self.data {
            Data::Empty => false,
            Data::InChunk(value) => {
                let value = chunk.get(value.clone()).unwrap_or_default();
                value.len() <= 3 * expected.len() && decode(value) == expected
            }
            Data::Text => self.text.as_str() == expected,
        }
    }
}
