//! The event table, by which all items of a slice cross the boundary to JavaScript in one call.

use alloc::vec::Vec;
use core::ops::Range;

use super::event_type_cache::{EventTypeCache, UNNAMED};
use super::protocol::*;
use super::utf16::{is_ascii, widen};
use crate::event_stream::{EventStreamParser, Found};

/// The items of one slice as a table of numbers: one call into WebAssembly for each slice, not one for
/// each item. `EventTableReader` in JavaScript reads it.
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
/// The upper 24 bits of the head are the number of the event type, or the kind of the note. In-place
/// pairs are byte offsets into the parser's buffer. JavaScript creates one string of all in-place values
/// and cuts it. If they are not ASCII, the offsets in that string are in a copy of the records.
#[derive(Default)]
pub(super) struct EventTable {
    header: [u32; 10],
    records: Vec<u32>,
    /// A copy of the records, whose in-place pairs are replaced by offsets in one string of all in-place
    /// values: by [`widen`](Self::widen), or by strings.wat. They are right if all values are well-formed.
    converted: Vec<u32>,
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
        loop {
            self.push_lone_data(parser);
            let Some(found) = parser.find() else {
                break;
            };
            match found {
                Found::Event => self.push_event(parser),
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
        self.push_data(number, &parser.data());
        if parser.has_id() {
            self.push_id(head, parser);
        }
        if is_new {
            self.push_text(head, NAME, name);
        }
    }

    /// Adds the next events that consist of one line of data each. Each `push` compiles to a comparison and a
    /// store, but `extend_from_slice` to a call.
    #[inline(always)]
    fn push_lone_data(&mut self, parser: &mut EventStreamParser) {
        let records = &mut self.records;
        let before = records.len();
        parser.find_data(|data| {
            records.push(UNNAMED << 8 | DATA);
            records.push(data.start as u32);
            records.push(data.end as u32);
        });
        if let [_, start, .., end] = self.records[before..] {
            self.flags |= HAS_EVENT;
            self.extend_in_place(&(start as usize..end as usize));
        }
    }

    #[inline(always)]
    fn push_data(&mut self, number: u32, data: &Range<usize>) {
        self.flags |= HAS_EVENT;
        self.extend_in_place(data);
        let [start, end] = [data.start as u32, data.end as u32];
        self.records.push(number << 8 | DATA);
        self.records.push(start);
        self.records.push(end);
    }

    /// Completes the table and returns its address. It consists of ten numbers:
    ///
    /// - the address of the records, and their length in numbers
    /// - the address of the in-place values, their length in bytes, and the offset of the first
    /// - the address of `text`
    /// - the flags
    /// - the lower and the upper half of the reconnection time in milliseconds
    /// - the address of the copy of the records, empty if the offsets above are right for JavaScript
    ///
    /// `engine` is what the engine can do.
    pub(super) fn finish(&mut self, parser: &EventStreamParser, engine: u32) -> usize {
        if !self.records.is_empty() {
            self.flags |= HAS_RECORDS;
        }
        let Range { start, end } = self.in_place;
        let first = start.min(end);
        let values = &parser.buffer()[first..end];
        let (mut start, mut len) = (address(values), values.len());
        self.converted.clear();
        let is_ascii = is_ascii(values);
        let has_maker = engine & HAS_STRING_MAKER != 0;
        if !is_ascii || len < SHORT && has_maker {
            self.flags |= IS_UTF8;
            self.converted.extend_from_slice(&self.records);
        }
        // Malformed values stay UTF-8.
        if !is_ascii
            && !has_maker
            && let Some(units) = self.widen(parser.buffer(), len)
        {
            self.flags ^= IS_UTF8 | IS_UTF16;
            (start, len) = (address(&self.units), 2 * units);
        }
        let reconnection_time = self.reconnection_time;
        self.header = [
            address(&self.records),
            self.records.len() as u32,
            start,
            len as u32,
            first as u32,
            address(&self.text),
            self.flags,
            reconnection_time as u32,
            (reconnection_time >> 32) as u32,
            address(&self.converted),
        ];
        address(&self.header) as usize
    }

    /// Converts the in-place values to UTF-16, for engines without fast strings in WebAssembly. Returns the
    /// number of units, or `None` if a value is malformed. `len` is the largest number of bytes.
    fn widen(&mut self, buffer: &[u8], len: usize) -> Option<usize> {
        // A byte becomes at most one unit.
        self.units.resize(len + 16, 0);
        let mut written = 0;
        let mut records = &mut *self.converted;
        while let Some((head, rest)) = records.split_first_mut() {
            let in_place = (*head & (DATA | ID)).count_ones() as usize;
            let copied = (*head & (COPIED_ID | NOTE | NAME)).count_ones() as usize;
            let (pairs, _) = rest.as_chunks_mut();
            for [start, end] in &mut pairs[..in_place] {
                let value = *start as usize..*end as usize;
                *start = written as u32;
                written += widen(buffer, value, &mut self.units[written..])?;
                *end = written as u32;
            }
            records = &mut rest[2 * (in_place + copied)..];
        }
        Some(written)
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
        // In-place values end with a line end, too. strings.wat reads three more bytes.
        self.text.extend_from_slice(b"\n\n\n\n");
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

fn address<T>(values: &[T]) -> u32 {
    values.as_ptr() as usize as u32
}
