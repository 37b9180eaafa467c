//! The event table, by which all items of a slice cross the boundary to JavaScript in one call.

use alloc::vec::Vec;
use core::ops::Range;

use super::event_type_cache::{EventTypeCache, UNNAMED};
use super::protocol::*;
use super::utf16::{Utf16Offsets, is_ascii, is_dense, widen};
use crate::event_stream::{EventStreamParser, Found};

/// The items of one slice as a table of numbers: one call into WebAssembly for each slice, not one for
/// each item. `BatchReader` in JavaScript reads it.
///
/// A record is a head, followed by a pair of start and end offsets for each of these bits:
///
/// | bit of the head | pair |
/// | --- | --- |
/// | [`DATA`] | the data of an event, in place |
/// | [`ID`] | the last event ID, in place |
/// | [`COPIED_ID`] | the last event ID, offsets in `text` |
/// | [`NOTE`] | a note, offsets in `text` |
/// | [`NAME`] | the new name of the event type, offsets in `text` |
///
/// The upper 24 bits of the head are the number of the event type, or the kind of the note. In-place pairs are byte offsets into
/// the parser's buffer. If JavaScript decodes all in-place values as one string, and it is not ASCII,
/// they are offsets in that string.
#[derive(Default)]
pub(super) struct EventTable {
    header: [u32; 9],
    records: Vec<u32>,
    text: Vec<u8>,
    units: Vec<u16>,
    /// The flag bits below.
    flags: u32,
    /// The value of the latest `retry` field, in milliseconds.
    reconnection_time: u64,
    /// The byte range that contains all in-place values. If there are none, its start is after its
    /// end.
    in_place: Range<usize>,
    types: EventTypeCache,
}

/// For fewer bytes a call of a decoder does not pay off.
const SHORT: usize = 384;

impl EventTable {
    /// Fills the table with all items of the parser. `notes` are the kinds of notes to record.
    pub(super) fn fill(&mut self, parser: &mut EventStreamParser, notes: u32) {
        self.begin();
        while let Some(found) = parser.find() {
            match found {
                Found::Event => {
                    self.flags |= HAS_EVENT;
                    self.push_event(parser);
                }
                Found::LastEventId => {
                    self.records.push(0);
                    self.push_id(self.records.len() - 1, parser);
                }
                Found::ReconnectionTime => {
                    self.flags |= HAS_RETRY;
                    self.reconnection_time = parser.reconnection_time();
                    self.push_note(NOTE_RETRY & notes, parser);
                }
                Found::Comment => {
                    self.flags |= HAS_COMMENT;
                    self.push_note(NOTE_COMMENT & notes, parser);
                }
                #[cfg(npm_module)]
                Found::Ignored => self.push_note(NOTE_IGNORED & notes, parser),
                // The next call would free the bytes that the table points to.
                Found::TooLarge => {
                    self.flags |= IS_TOO_LARGE;
                    break;
                }
            }
        }
    }

    fn begin(&mut self) {
        self.records.clear();
        self.text.clear();
        self.flags = 0;
        self.in_place = Range {
            start: usize::MAX,
            end: 0,
        };
    }

    #[inline(always)]
    fn push_event(&mut self, parser: &EventStreamParser) {
        let name = parser.event_type();
        let (number, is_new) = if name.is_empty() {
            (UNNAMED, false)
        } else {
            self.types.number(name)
        };
        let head = self.records.len();
        let data = parser.data();
        self.extend_in_place(&data);
        let [start, end] = [data.start as u32, data.end as u32];
        self.records
            .extend_from_slice(&[number << 8 | DATA, start, end]);
        if parser.has_id() {
            self.push_id(head, parser);
        }
        if is_new {
            self.push_text(head, NAME, name);
        }
    }

    /// Completes the table and returns its address. It consists of nine numbers:
    ///
    /// - the address of the records, and their length in numbers
    /// - the address of the in-place values, their length in bytes, and the offset of the first
    /// - the address of `text`
    /// - the flags
    /// - the lower and the upper half of the reconnection time in milliseconds
    ///
    /// `strategies` are the flags of the strategies that are fast in this engine.
    pub(super) fn finish(&mut self, parser: &EventStreamParser, strategies: u32) -> usize {
        if !self.records.is_empty() {
            self.flags |= HAS_RECORDS;
        }
        let first = self.in_place.start.min(self.in_place.end);
        let values = &parser.buffer()[first..self.in_place.end];
        let (mut start, mut len, mut offset) = (address(values), values.len(), first);
        let is_short = len < SHORT;
        if is_ascii(values) {
            if is_short && strategies & MAKES_SHORT != 0 {
                self.flags |= ONE_BY_ONE;
            }
        } else if strategies & MAKES_WIDE == 0 {
            self.flags |= IS_UTF16;
            len = 2 * self.widen(parser.buffer(), len);
            (start, offset) = (address(&self.units), 0);
        } else if is_short || is_dense(values) {
            self.flags |= ONE_BY_ONE;
        } else {
            self.count_units(values, first);
            offset = 0;
        }
        let reconnection_time = self.reconnection_time;
        self.header = [
            address(&self.records),
            self.records.len() as u32,
            start,
            len as u32,
            offset as u32,
            address(&self.text),
            self.flags,
            reconnection_time as u32,
            (reconnection_time >> 32) as u32,
        ];
        address(&self.header) as usize
    }

    /// Converts the in-place values to UTF-16, which some engines decode faster. Returns the number of
    /// units. `len` is the largest number of bytes.
    fn widen(&mut self, buffer: &[u8], len: usize) -> usize {
        // A byte becomes at most one unit.
        self.units.resize(len, 0);
        let mut written = 0;
        for_each_record(&mut self.records, |pairs| {
            for [start, end] in pairs {
                let value = *start as usize..*end as usize;
                *start = written as u32;
                written += widen(&buffer[value], &mut self.units[written..]);
                *end = written as u32;
            }
        });
        written
    }

    /// Converts in-place byte offsets to offsets in UTF-16 units. `values` are the bytes from the first
    /// value, at `first`, to the last.
    fn count_units(&mut self, values: &[u8], first: usize) {
        let mut units = Utf16Offsets::of(values);
        for_each_record(&mut self.records, |pairs| {
            // Offsets must be converted in order, and the ID may precede the data.
            let is_swapped = matches!(&*pairs, [[data, _], [id, _]] if id < data);
            if is_swapped {
                pairs.swap(0, 1);
            }
            for offset in pairs.as_flattened_mut() {
                *offset = units.before(*offset as usize - first) as u32;
            }
            if is_swapped {
                pairs.swap(0, 1);
            }
        });
    }

    fn push_pair(&mut self, pair: Range<usize>) {
        self.records.extend([pair.start as u32, pair.end as u32]);
    }

    /// Extends the range of in-place values.
    #[inline(always)]
    fn extend_in_place(&mut self, value: &Range<usize>) {
        self.in_place.start = self.in_place.start.min(value.start);
        self.in_place.end = self.in_place.end.max(value.end);
    }

    /// Copies a value that the parser overwrites with the next block.
    fn push_text(&mut self, head: usize, bit: u32, text: &[u8]) {
        self.records[head] |= bit;
        let start = self.text.len();
        self.text.extend_from_slice(text);
        self.push_pair(start..self.text.len());
        // In-place values end with a line end, too. strings.wat reads two bytes past the end.
        self.text.extend_from_slice(b"\n\n");
    }

    /// Records the text of a note, unless the kind is 0.
    #[inline(never)]
    fn push_note(&mut self, kind: u32, parser: &EventStreamParser) {
        if kind != 0 {
            self.records.push(kind << 8);
            self.push_text(self.records.len() - 1, NOTE, parser.note());
        }
    }

    fn push_id(&mut self, head: usize, parser: &EventStreamParser) {
        self.flags |= HAS_ID;
        match parser.last_event_id() {
            Ok(id) => {
                self.records[head] |= ID;
                self.extend_in_place(&id);
                self.push_pair(id);
            }
            Err(id) => self.push_text(head, COPIED_ID, id),
        }
    }
}

/// Calls `convert` with the in-place pairs of each record.
#[inline(always)]
fn for_each_record(mut records: &mut [u32], mut convert: impl FnMut(&mut [[u32; 2]])) {
    while let Some((head, rest)) = records.split_first_mut() {
        let in_place = (*head & (DATA | ID)).count_ones() as usize;
        let copied = (*head & (COPIED_ID | NOTE | NAME)).count_ones() as usize;
        let (pairs, _) = rest.as_chunks_mut();
        convert(&mut pairs[..in_place]);
        records = &mut rest[2 * (in_place + copied)..];
    }
}

fn address<T>(values: &[T]) -> u32 {
    values.as_ptr() as usize as u32
}
