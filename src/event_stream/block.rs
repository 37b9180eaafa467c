use core::ops::Range;

use super::line_buffer::LineBuffer;
use super::value::Value;

/// The buffers of the block of lines that is being read ([WHATWG HTML §9.2.6]). They lie in place
/// among the lines as long as these stay where they are.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The *data buffer*, without its last LF. `None`: the empty string.
    data: Option<Range<usize>>,
    /// The *event type buffer*.
    event_type: Value,
    /// The *last event ID buffer*. The next block goes on with it.
    last_event_id: Value,
    /// Whether this block set the last event ID buffer.
    has_id: bool,
    /// Where the latest comment is.
    comment: Range<usize>,
    /// The value of the latest `retry` field, in milliseconds.
    reconnection_time: u64,
    /// The block was handed out; its buffers are emptied before the next byte is read, not
    /// earlier, because the caller still looks at them.
    is_over: bool,
}

/// An [`Item`](super::Item) before anybody looks at it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Event,
    LastEventId,
    ReconnectionTime,
    Comment,
    TooLarge,
}

/// The fields that mean something; all others are ignored.
#[derive(Clone, Copy)]
enum Field {
    Data,
    Event,
    Id,
    Retry,
}

impl Block {
    pub(super) fn with_last_event_id(last_event_id: &[u8]) -> Self {
        Self {
            last_event_id: Value::from(last_event_id),
            ..Self::default()
        }
    }

    /// Empties the buffers of a block that was handed out.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        if self.is_over {
            self.data = None;
            self.event_type.clear();
            self.has_id = false;
            self.is_over = false;
        }
    }

    /// Has `lines` drop all that is read, but for what the block holds.
    pub(super) fn compact(&mut self, lines: &mut LineBuffer) {
        self.event_type.leave(0, lines);
        self.last_event_id.leave(0, lines);
        self.data = lines.compact(self.data.take());
    }

    /// `limit`: how many bytes the data may have. A line that is longer has no business here.
    #[inline(always)]
    pub(super) fn process_line(
        &mut self,
        line: Range<usize>,
        lines: &mut LineBuffer,
        limit: usize,
    ) -> Option<Found> {
        let bytes = lines.bytes(line.clone());
        // The line is empty: dispatch the event.
        if bytes.is_empty() {
            return self.dispatch_the_event();
        }
        if !bytes.starts_with(b"data:") {
            return self.process_other_line(line, lines, limit);
        }
        // What nearly all lines are.
        let value = value(line.start + b"data:".len()..line.end, lines);
        let too_large = self.append_data(value, lines, limit);
        if too_large.is_some() {
            return too_large;
        }
        // And what is nearly always behind the last of them.
        if lines.take_blank_line() {
            return self.dispatch_the_event();
        }
        None
    }

    #[inline(never)]
    fn process_other_line(
        &mut self,
        line: Range<usize>,
        lines: &mut LineBuffer,
        limit: usize,
    ) -> Option<Found> {
        let bytes = lines.bytes(line.clone());
        // The line starts with a colon: ignore it, but let those who listen see it.
        if bytes.starts_with(b":") {
            self.comment = value(line.start + 1..line.end, lines);
            return Some(Found::Comment);
        }
        let (field, len) = field(bytes)?;
        let value = match bytes.get(len) {
            // No colon: the whole line is the field name, the value is the empty string.
            None => line.end..line.end,
            // The value is behind the colon and one space.
            Some(b':') => value(line.start + len + 1..line.end, lines),
            // The name only begins like one that is known.
            Some(_) => return None,
        };
        self.process_field(field, value, lines, limit)
    }

    #[inline(always)]
    fn process_field(
        &mut self,
        field: Field,
        value: Range<usize>,
        lines: &mut LineBuffer,
        limit: usize,
    ) -> Option<Found> {
        let bytes = lines.bytes(value.clone());
        match field {
            Field::Data => return self.append_data(value, lines, limit),
            Field::Event => self.event_type.set(value),
            // An `id` that holds U+0000 NULL is ignored.
            Field::Id if has_null(bytes) => {}
            Field::Id => {
                self.last_event_id.set(value);
                self.has_id = true;
            }
            Field::Retry => {
                self.reconnection_time = digits(bytes)?;
                return Some(Found::ReconnectionTime);
            }
        }
        None
    }

    #[inline(always)]
    fn append_data(
        &mut self,
        value: Range<usize>,
        lines: &mut LineBuffer,
        limit: usize,
    ) -> Option<Found> {
        if self.data.is_some() {
            return self.join_data(value, lines, limit);
        }
        self.data = Some(value);
        None
    }

    #[inline(never)]
    fn join_data(
        &mut self,
        value: Range<usize>,
        lines: &mut LineBuffer,
        limit: usize,
    ) -> Option<Found> {
        let data = self.data.as_mut()?;
        // The lines between are overwritten.
        self.event_type.leave(data.end, lines);
        self.last_event_id.leave(data.end, lines);
        lines.join(data, value);
        (data.len() > limit).then_some(Found::TooLarge)
    }

    /// The blank line: the last event ID counts from here on, not from its field on. An event
    /// without data is not dispatched.
    #[inline(always)]
    fn dispatch_the_event(&mut self) -> Option<Found> {
        self.is_over = true;
        if self.data.is_some() {
            return Some(Found::Event);
        }
        if self.has_id {
            return Some(Found::LastEventId);
        }
        self.begin();
        None
    }

    #[inline(always)]
    pub(super) fn data(&self) -> Range<usize> {
        self.data.clone().unwrap_or(0..0)
    }

    #[inline(always)]
    pub(super) fn event_type(&self) -> &Value {
        &self.event_type
    }

    #[inline(always)]
    pub(super) fn last_event_id(&self) -> &Value {
        &self.last_event_id
    }

    #[inline(always)]
    pub(super) fn has_id(&self) -> bool {
        self.has_id
    }

    pub(super) fn comment(&self) -> Range<usize> {
        self.comment.clone()
    }

    /// In milliseconds.
    pub(super) fn reconnection_time(&self) -> u64 {
        self.reconnection_time
    }
}

#[allow(
    clippy::manual_contains,
    reason = "`contains` is made for many bytes: three hundred bytes of code for these few"
)]
fn has_null(value: &[u8]) -> bool {
    value.iter().any(|byte| *byte == 0)
}

/// The field whose name the line begins with, and how long the name is.
#[inline(always)]
fn field(line: &[u8]) -> Option<(Field, usize)> {
    // Comparisons with what is known are a load or two; a `match` goes byte by byte.
    if line.starts_with(b"id") {
        Some((Field::Id, 2))
    } else if line.starts_with(b"event") {
        Some((Field::Event, 5))
    } else if line.starts_with(b"data") {
        Some((Field::Data, 4))
    } else if line.starts_with(b"retry") {
        Some((Field::Retry, 5))
    } else {
        None
    }
}

/// `range` without one U+0020 SPACE at its start.
#[inline(always)]
fn value(range: Range<usize>, lines: &LineBuffer) -> Range<usize> {
    let space = lines.bytes(range.clone()).starts_with(b" ");
    range.start + usize::from(space)..range.end
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
