//! The parser, and the event table of the bytes that it was given last.

use wasm_bindgen::prelude::*;

use super::event_table::EventTable;
use crate::event_stream::EventStreamParser;

/// An [`EventStreamParser`] whose items are read from an [`EventTable`].
#[wasm_bindgen]
pub struct Parser {
    parser: EventStreamParser,
    table: EventTable,
}

#[wasm_bindgen]
impl Parser {
    /// A parser at the start of a stream. `max_event_size` is in bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: f64) -> Parser {
        Parser {
            parser: EventStreamParser::new().max_event_size(max_event_size as usize),
            table: EventTable::default(),
        }
    }

    /// Returns the address to which the next `len` bytes of the stream must be written.
    pub fn room(&mut self, len: usize) -> usize {
        self.parser.room(len).as_ptr() as usize
    }

    /// Parses the `len` bytes that were written, and returns the address of the
    /// [table](EventTable::finish) of their items. The table is valid until the next call. `notes` are the
    /// kinds of notes to record, and `engine` is what the engine can do.
    pub fn parse(&mut self, len: usize, notes: u32, engine: u32) -> usize {
        self.parser.add(len);
        self.table.fill(&mut self.parser, notes);
        self.table.finish(&self.parser, engine)
    }

    /// Starts a new stream, and frees the memory of the stream before. The cache of event types is
    /// cleared, too: JavaScript may not have read the names in the rest of the last table.
    /// The last event ID is the `len` bytes that were written into the [room](Self::room): a string as
    /// argument would add 200 bytes of glue to `./parser`.
    pub fn reset(&mut self, len: usize) {
        self.parser.reset_to_room(len);
        self.table = EventTable::default();
    }
}
