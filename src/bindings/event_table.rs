use alloc::vec::Vec;
use core::ops::Range;

use super::event_type_cache::{EventTypeCache, UNNAMED};
use super::utf16::{Utf16Offsets, is_ascii, is_dense, widen};
use crate::event_stream::{EventStreamParser, Found};

/// The items of one slice as a table of numbers, so that the boundary to JavaScript is crossed
/// once for all of them. `BatchReader` in batch.js reads it.
///
/// A record is a head, and then, as the head's bits say, pairs of start and end:
///
/// | bit of the head | pair |
/// | --- | --- |
/// | [`DATA`] | the data of an event, in place |
/// | [`ID`] | the last event ID, in place |
/// | [`FAR_ID`] | the last event ID, offsets in `text` |
/// | [`COMMENT`] | a comment, offsets in `text` |
/// | [`NAME`] | the name of the event type, offsets in `text`: remember it under its number |
///
/// The head's upper 24 bits are the number of the event type. *In place* are values that need no
/// copy: the pair holds offsets in the parser's buffer; or, if they are not all ASCII and not made one
/// by one, in the one string that is to be made of all of them.
#[derive(Default)]
pub(super) struct EventTable {
    header: [u32; 9],
    records: Vec<u32>,
    text: Vec<u8>,
    units: Vec<u16>,
    /// The bits below.
    flags: u32,
    /// The value of the last `retry` field, in milliseconds.
    reconnection_time: u64,
    /// The offsets between which all values in place lie; the wrong way round while there are
    /// none.
    places: Range<usize>,
    types: EventTypeCache,
}

const DATA: u32 = 1;
const ID: u32 = 2;
const FAR_ID: u32 = 4;
const COMMENT: u32 = 8;
const NAME: u32 = 16;

// The bits of the table's flags, as in batch.js.

/// Each of the values in place is to be made a string by itself.
const ONE_BY_ONE: u32 = 1;
const IS_TOO_LARGE: u32 = 2;
pub(super) const HAS_EVENT: u32 = 4;
const HAS_COMMENT: u32 = 8;
const HAS_ID: u32 = 16;
const HAS_RETRY: u32 = 32;
const HAS_RECORDS: u32 = 64;
/// The values in place are UTF-16.
const IS_UTF16: u32 = 128;

// How the engine likes its strings, as in text-reader.js.

/// A call of a decoder costs it more than a few strings do.
const MAKES_SHORT: u32 = 1;
/// It makes strings of what is not ASCII faster than it decodes UTF-16.
const MAKES_WIDE: u32 = 2;

/// Fewer bytes are not worth the call of a decoder.
const SHORT: usize = 384;

impl EventTable {
    /// Takes all items out of the parser.
    pub(super) fn take(&mut self, parser: &mut EventStreamParser, wants_comments: bool) {
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
                }
                Found::Comment => {
                    self.flags |= HAS_COMMENT;
                    if wants_comments {
                        self.records.push(0);
                        self.push_text(self.records.len() - 1, COMMENT, parser.comment());
                    }
                }
                // The next call would free what the table points to.
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
        self.places = Range {
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
        self.note_place(&data);
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

    /// The address of the finished table: where the records are and how many numbers they are,
    /// where the values in place are and how many bytes, the offset of the first of them, where
    /// the text is; the flags; and the lower and the upper half of the reconnection time in milliseconds.
    /// `engine`: the bits of how it likes its strings.
    pub(super) fn table(&mut self, parser: &EventStreamParser, engine: u32) -> usize {
        if !self.records.is_empty() {
            self.flags |= HAS_RECORDS;
        }
        let first = self.places.start.min(self.places.end);
        let values = &parser.buffer()[first..self.places.end];
        let (mut place, mut len, mut offset) = (address(values), values.len(), first);
        let is_short = len < SHORT;
        if is_ascii(values) {
            if is_short && engine & MAKES_SHORT != 0 {
                self.flags |= ONE_BY_ONE;
            }
        } else if engine & MAKES_WIDE == 0 {
            self.flags |= IS_UTF16;
            len = 2 * self.widen(parser.buffer(), len);
            (place, offset) = (address(&self.units), 0);
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
            place,
            len as u32,
            offset as u32,
            address(&self.text),
            self.flags,
            reconnection_time as u32,
            (reconnection_time >> 32) as u32,
        ];
        address(&self.header) as usize
    }

    /// Turns the values in place into UTF-16, for engines that decode it faster. Returns how many
    /// units they are; `len` is how many bytes at most.
    fn widen(&mut self, buffer: &[u8], len: usize) -> usize {
        // No byte makes more than one unit.
        self.units.resize(len, 0);
        let mut written = 0;
        for_each_record(&mut self.records, |pairs| {
            for [start, end] in pairs {
                let place = *start as usize..*end as usize;
                *start = written as u32;
                written += widen(&buffer[place], &mut self.units[written..]);
                *end = written as u32;
            }
        });
        written
    }

    /// Turns the offsets of the values in place into those of UTF-16 units. `values` are all of
    /// them, the first of which is at `first`.
    fn count_units(&mut self, values: &[u8], first: usize) {
        let mut units = Utf16Offsets::of(values);
        for_each_record(&mut self.records, |pairs| {
            // The ID may be in front of the data.
            let is_turned = matches!(&*pairs, [[data, _], [id, _]] if id < data);
            if is_turned {
                pairs.swap(0, 1);
            }
            for offset in pairs.as_flattened_mut() {
                *offset = units.before(*offset as usize - first) as u32;
            }
            if is_turned {
                pairs.swap(0, 1);
            }
        });
    }

    fn push_pair(&mut self, pair: Range<usize>) {
        self.records.extend([pair.start as u32, pair.end as u32]);
    }

    #[inline(always)]
    fn note_place(&mut self, place: &Range<usize>) {
        self.places.start = self.places.start.min(place.start);
        self.places.end = self.places.end.max(place.end);
    }

    /// For what is elsewhere: the parser uses the place anew with the next block.
    fn push_text(&mut self, head: usize, bit: u32, text: &[u8]) {
        self.records[head] |= bit;
        let start = self.text.len();
        self.text.extend_from_slice(text);
        self.push_pair(start..self.text.len());
        // As behind what is in place: strings.wat looks two bytes ahead.
        self.text.extend_from_slice(b"\n\n");
    }

    fn push_id(&mut self, head: usize, parser: &EventStreamParser) {
        self.flags |= HAS_ID;
        match parser.last_event_id() {
            Ok(place) => {
                self.records[head] |= ID;
                self.note_place(&place);
                self.push_pair(place);
            }
            Err(id) => self.push_text(head, FAR_ID, id),
        }
    }
}

/// Calls `turn` with the pairs of each record that are in place.
#[inline(always)]
fn for_each_record(mut records: &mut [u32], mut turn: impl FnMut(&mut [[u32; 2]])) {
    while let Some((head, rest)) = records.split_first_mut() {
        let in_place = (*head & (DATA | ID)).count_ones() as usize;
        let far = (*head & (FAR_ID | COMMENT | NAME)).count_ones() as usize;
        let (pairs, _) = rest.as_chunks_mut();
        turn(&mut pairs[..in_place]);
        records = &mut rest[2 * (in_place + far)..];
    }
}

fn address<T>(values: &[T]) -> u32 {
    values.as_ptr() as usize as u32
}
