use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::event_table::EventTable;
use crate::event_stream::EventStreamParser;

/// The parser. It calls nothing of JavaScript's.
#[wasm_bindgen]
pub struct Parser {
    parser: EventStreamParser,
    table: EventTable,
}

#[wasm_bindgen]
impl Parser {
    /// `max_event_size` is in bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: f64) -> Parser {
        Parser {
            parser: EventStreamParser::new().max_event_size(max_event_size as usize),
            table: EventTable::default(),
        }
    }

    /// The address at which the next `len` bytes of the stream are to be written.
    pub fn room(&mut self, len: usize) -> usize {
        self.parser.room(len).as_ptr() as usize
    }

    /// Takes the `len` bytes that were written, and returns the address of the
    /// [table](EventTable::table) of what they complete. It stands until the next call.
    pub fn parse(&mut self, len: usize, wants_comments: bool, engine: u32) -> usize {
        self.parser.add(len);
        self.table.take(&mut self.parser, wants_comments);
        self.table.table(&self.parser, engine)
    }

    /// Starts a new stream. The memory of the one before is let go, and the names of its event types:
    /// a listener that reconnects leaves some unread.
    pub fn reset(&mut self, last_event_id: String) {
        self.parser.reset(&last_event_id);
        self.table = EventTable::default();
    }
}
