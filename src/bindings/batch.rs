use alloc::vec::Vec;
use core::ops::Range;

use super::type_names::TypeNames;
use crate::event_stream::Item;

/// The items of one slice as a table of numbers, so that the boundary to JavaScript is crossed
/// once for all of them.
///
/// A record is a head, and then, as the head's bits say, pairs of start and end:
///
/// | bit of the head | pair |
/// | --- | --- |
/// | [`DATA`] | the data of an event, addresses in memory |
/// | [`COMMENT`] | a comment, offsets in `text` |
/// | [`ID`] | the last event ID, offsets in `text` |
/// | [`NAME`] | the name of the event type, offsets in `text`, empty if there was none: remember it under its number |
///
/// The head's upper 24 bits are the number of the event type.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<u32>,
    text: Vec<u8>,
    has_ids: bool,
    /// The addresses between which all data lies.
    data: Option<Range<usize>>,
    types: TypeNames,
}

const DATA: u32 = 1;
const COMMENT: u32 = 2;
const ID: u32 = 4;
const NAME: u32 = 8;

impl Batch {
    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.text.clear();
        self.has_ids = false;
        self.data = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn has_ids(&self) -> bool {
        self.has_ids
    }

    pub(super) fn push(&mut self, item: &Item<'_>) {
        match item {
            Item::Event(event) => {
                // The class tells a stream that names `message` from one that names nothing.
                let name = if event.has_type {
                    event.event_type
                } else {
                    b""
                };
                let (number, is_new) = self.types.number(name);
                self.records
                    .push(number << 8 | DATA | flag(event.has_id, ID) | flag(is_new, NAME));
                self.push_data(event.data);
                if event.has_id {
                    self.push_id(event.last_event_id);
                }
                if is_new {
                    self.push_text(name);
                }
            }
            Item::LastEventId(id) => {
                self.records.push(ID);
                self.push_id(id);
            }
            Item::Comment(comment) => {
                self.records.push(COMMENT);
                self.push_text(comment);
            }
            _ => {}
        }
    }

    pub(super) fn data(&self) -> Range<usize> {
        self.data.clone().unwrap_or_default()
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn records(&self) -> &[u32] {
        &self.records
    }

    fn push_pair(&mut self, pair: Range<usize>) {
        self.records.extend([pair.start as u32, pair.end as u32]);
    }

    fn push_data(&mut self, data: &[u8]) {
        let start = data.as_ptr() as usize;
        let data = start..start + data.len();
        // Data comes in the order of addresses.
        let first = self.data.as_ref().map_or(data.start, |all| all.start);
        self.data = Some(first..data.end);
        self.push_pair(data);
    }

    /// Names and IDs are copied: their place in the parser is used anew with the next block.
    fn push_text(&mut self, text: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        self.push_pair(start..self.text.len());
    }

    fn push_id(&mut self, id: &[u8]) {
        self.push_text(id);
        self.has_ids = true;
    }
}

fn flag(is_set: bool, bit: u32) -> u32 {
    if is_set { bit } else { 0 }
}
