//! The buffers of one block of lines, and the interpretation of its fields.

use core::ops::Range;

use super::line_buffer::LineBuffer;
use super::value::Value;

/// The buffers of the block of lines that is being read ([WHATWG HTML §9.2.6]). They are ranges of the
/// line buffer, until its bytes move.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The *data buffer*, without its last LF. `None` if it is empty.
    data: Option<Range<usize>>,
    /// The *event type buffer*.
    event_type: Value,
    /// The *last event ID buffer*. The next block keeps it.
    last_event_id: Value,
    /// Whether this block set the last event ID buffer.
    has_id: bool,
    /// The latest note: a comment, the value of a `retry` field, or an ignored line.
    note: Range<usize>,
    /// The value of the latest `retry` field, in milliseconds.
    reconnection_time: u64,
    /// Whether the block was dispatched. Its buffers are cleared when the next line is read, because the
    /// caller still reads them.
    is_over: bool,
}

/// The kind of an [`Item`](super::Item), whose values are still in the buffers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Event,
    LastEventId,
    ReconnectionTime,
    Comment,
    TooLarge,
    /// A line without effect: an unknown field, or a `retry` field with an invalid value.
    #[cfg(npm_module)]
    Ignored,
}

/// The fields of the standard. All others are ignored.
#[derive(Clone, Copy)]
pub(super) enum Field {
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

    /// Clears the buffers of a dispatched block.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        if self.is_over {
            self.data = None;
            self.event_type.clear();
            self.has_id = false;
            self.is_over = false;
        }
    }

    /// Whether the next line begins a block.
    #[cfg(any(test, all(feature = "npm", target_arch = "wasm32")))]
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.data.is_none() && !self.has_id && self.event_type.is_empty()
    }

    /// Drops the lines that were read, except the values of this block.
    pub(super) fn compact(&mut self, lines: &mut LineBuffer) {
        self.event_type.copy_from(0, lines);
        self.last_event_id.copy_from(0, lines);
        self.data = lines.compact(self.data.take());
    }

    /// Processes a line ([process the field][field]). `limit` is the largest length of the data in bytes.
    /// The line is not longer.
    ///
    /// [field]: https://html.spec.whatwg.org/multipage/server-sent-events.html#processField
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
        // The most frequent field, and the most frequent line after it, are processed first.
        let value = value(line.start + b"data:".len()..line.end, lines);
        let too_large = self.append_data(value, lines, limit);
        if too_large.is_some() {
            return too_large;
        }
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
        // The line starts with a colon: it is a comment.
        if bytes.starts_with(b":") {
            self.note = value(line.start + 1..line.end, lines);
            return Some(Found::Comment);
        }
        let Some((field, len)) = field(bytes) else {
            return self.ignore(line);
        };
        let value = match bytes.get(len) {
            // No colon: the whole line is the field name, the value is the empty string.
            None => line.end..line.end,
            // The value follows the colon and one optional space.
            Some(b':') => value(line.start + len + 1..line.end, lines),
            // The field name only starts with a known name.
            Some(_) => return self.ignore(line),
        };
        self.process_field(field, value, line, lines, limit)
    }

    /// Ignores a line, as the standard requires. Only the npm package reports the line.
    #[cfg(npm_module)]
    fn ignore(&mut self, line: Range<usize>) -> Option<Found> {
        self.note = line;
        Some(Found::Ignored)
    }

    /// Ignores a line, as the standard requires.
    #[cfg(not(npm_module))]
    fn ignore(&self, _line: Range<usize>) -> Option<Found> {
        None
    }

    #[inline(always)]
    fn process_field(
        &mut self,
        field: Field,
        value: Range<usize>,
        line: Range<usize>,
        lines: &mut LineBuffer,
        limit: usize,
    ) -> Option<Found> {
        let bytes = lines.bytes(value.clone());
        match field {
            Field::Data => return self.append_data(value, lines, limit),
            Field::Event => self.event_type.set(value),
            // An `id` that contains U+0000 NULL is ignored.
            Field::Id if has_null(bytes) => {}
            Field::Id => {
                self.last_event_id.set(value);
                self.has_id = true;
            }
            Field::Retry => {
                let Some(milliseconds) = digits(bytes) else {
                    return self.ignore(line);
                };
                self.reconnection_time = milliseconds;
                self.note = value;
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
        // The line after the data is overwritten: copy the values in it.
        self.event_type.copy_from(data.end, lines);
        self.last_event_id.copy_from(data.end, lines);
        lines.join(data, value);
        (data.len() > limit).then_some(Found::TooLarge)
    }

    /// Processes a blank line ([dispatch the event][dispatch]). The last event ID is committed here, not
    /// at its field. A block without data is no event.
    ///
    /// [dispatch]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
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

    pub(super) fn note(&self) -> Range<usize> {
        self.note.clone()
    }

    /// In milliseconds.
    pub(super) fn reconnection_time(&self) -> u64 {
        self.reconnection_time
    }
}

#[allow(
    clippy::manual_contains,
    reason = "`contains` is optimized for many bytes, and adds 300 bytes of code"
)]
pub(super) fn has_null(value: &[u8]) -> bool {
    value.iter().any(|byte| *byte == 0)
}

/// The field with whose name the line starts, and the length of the name.
#[inline(always)]
pub(super) fn field(line: &[u8]) -> Option<(Field, usize)> {
    // A comparison with a constant is one or two loads, but a `match` compares byte by byte.
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

/// Removes one U+0020 SPACE from the start of `range`.
#[inline(always)]
fn value(range: Range<usize>, lines: &LineBuffer) -> Range<usize> {
    let space = lines.bytes(range.clone()).starts_with(b" ");
    range.start + usize::from(space)..range.end
}

/// Parses ASCII digits in base ten. Returns `None` if there are other bytes, or none. A number that does
/// not fit is the largest `u64`.
pub(crate) fn digits(value: &[u8]) -> Option<u64> {
    let mut number = (!value.is_empty()).then_some(0_u64)?;
    for byte in value {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        // `saturating_mul` would multiply 128 bits, which is a function of its own on wasm32.
        number = if number > u64::MAX / 10 {
            u64::MAX
        } else {
            (number * 10).saturating_add(digit)
        };
    }
    Some(number)
}
