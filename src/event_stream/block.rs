use core::ops::Range;
use core::time::Duration;

use super::RawEvent;
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
    /// The block was handed out; its buffers are emptied before the next byte is read, not
    /// earlier, because the caller still looks at them.
    is_over: bool,
}

/// An [`Item`](super::Item) before it borrows from the parser.
pub(super) enum Found {
    Event,
    LastEventId,
    ReconnectionTime(Duration),
    Comment(Range<usize>),
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
        let kept = lines.compact(self.data.clone().unwrap_or(0..0));
        if let Some(data) = &mut self.data {
            *data = kept;
        }
    }

    #[inline(always)]
    pub(super) fn process_line(
        &mut self,
        line: Range<usize>,
        lines: &mut LineBuffer,
    ) -> Option<Found> {
        let bytes = lines.bytes(line.clone());
        // The line is empty: dispatch the event.
        if bytes.is_empty() {
            return self.dispatch_the_event();
        }
        // What nearly all lines are.
        if bytes.starts_with(b"data:") {
            let value = value(line.start + b"data:".len()..line.end, lines);
            self.append_data(value, lines);
            return None;
        }
        self.process_other_line(line, lines)
    }

    #[inline(never)]
    fn process_other_line(&mut self, line: Range<usize>, lines: &mut LineBuffer) -> Option<Found> {
        let bytes = lines.bytes(line.clone());
        let (field, len) = match bytes {
            // The line starts with a colon: ignore it, but let those who listen see it.
            [b':', ..] => return Some(Found::Comment(value(line.start + 1..line.end, lines))),
            [b'd', b'a', b't', b'a', ..] => (Field::Data, 4),
            [b'e', b'v', b'e', b'n', b't', ..] => (Field::Event, 5),
            [b'i', b'd', ..] => (Field::Id, 2),
            [b'r', b'e', b't', b'r', b'y', ..] => (Field::Retry, 5),
            _ => return None,
        };
        let value = match bytes.get(len) {
            // No colon: the whole line is the field name, the value is the empty string.
            None => line.end..line.end,
            // The value is behind the colon and one space.
            Some(b':') => value(line.start + len + 1..line.end, lines),
            // The name only begins like one that is known.
            Some(_) => return None,
        };
        self.process_field(field, value, lines)
    }

    #[inline(always)]
    fn process_field(
        &mut self,
        field: Field,
        value: Range<usize>,
        lines: &mut LineBuffer,
    ) -> Option<Found> {
        let bytes = lines.bytes(value.clone());
        match field {
            Field::Data => self.append_data(value, lines),
            Field::Event => self.event_type.set(value),
            // An `id` that holds U+0000 NULL is ignored.
            Field::Id if bytes.iter().any(|byte| *byte == 0) => {}
            Field::Id => {
                self.last_event_id.set(value);
                self.has_id = true;
            }
            Field::Retry => {
                let milliseconds = digits(bytes)?;
                return Some(Found::ReconnectionTime(Duration::from_millis(milliseconds)));
            }
        }
        None
    }

    #[inline(always)]
    fn append_data(&mut self, value: Range<usize>, lines: &mut LineBuffer) {
        if self.data.is_some() {
            self.join_data(value, lines);
        } else {
            self.data = Some(value);
        }
    }

    fn join_data(&mut self, value: Range<usize>, lines: &mut LineBuffer) {
        if let Some(data) = &mut self.data {
            // The lines between are overwritten.
            self.event_type.leave(data.end, lines);
            self.last_event_id.leave(data.end, lines);
            lines.join(data, value);
        }
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
    pub(super) fn data_len(&self) -> usize {
        self.data.as_ref().map_or(0, ExactSizeIterator::len)
    }

    #[inline(always)]
    pub(super) fn last_event_id<'a>(&'a self, lines: &'a LineBuffer) -> &'a [u8] {
        self.last_event_id.bytes(lines)
    }

    #[inline(always)]
    pub(super) fn event<'a>(&'a self, lines: &'a LineBuffer) -> RawEvent<'a> {
        let name = self.event_type.bytes(lines);
        let has_type = !name.is_empty();
        RawEvent {
            event_type: if has_type { name } else { b"message" },
            has_type,
            data: lines.bytes(self.data.clone().unwrap_or(0..0)),
            last_event_id: self.last_event_id(lines),
            has_id: self.has_id,
        }
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
