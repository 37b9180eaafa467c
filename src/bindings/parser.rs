use alloc::string::String;
use core::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::batch::Batch;
use super::client::milliseconds;
use crate::event_stream::EventStreamParser;

/// The parser alone, for streams that come from elsewhere.
#[wasm_bindgen]
pub struct Parser {
    state: RefCell<State>,
}

struct State {
    parser: EventStreamParser,
    batch: Batch,
    /// In milliseconds; negative until a `retry` field comes.
    reconnection_time: f64,
}

#[wasm_bindgen]
impl Parser {
    /// `max_event_size` is in bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: f64) -> Parser {
        Parser {
            state: RefCell::new(State {
                parser: EventStreamParser::new().max_event_size(max_event_size as usize),
                batch: Batch::default(),
                reconnection_time: -1.0,
            }),
        }
    }

    /// The address at which the next `len` bytes of the stream are to be written.
    pub fn room(&self, len: usize) -> usize {
        self.state.borrow_mut().parser.room(len).as_ptr() as usize
    }

    /// Takes the `len` bytes that were written, and returns the address of the
    /// [table](Batch::table) of what they complete. It stands until the next call.
    pub fn parse(&self, len: usize) -> usize {
        let state = &mut *self.state.borrow_mut();
        state.parser.add(len);
        let taken = state.batch.take(&mut state.parser, false);
        if let Some(time) = taken.reconnection_time {
            state.reconnection_time = milliseconds(time);
        }
        state.batch.table(&state.parser)
    }

    #[wasm_bindgen(getter, js_name = reconnectionTime)]
    pub fn reconnection_time(&self) -> f64 {
        self.state.borrow().reconnection_time
    }

    /// Starts a new stream.
    pub fn reset(&self, last_event_id: String) {
        let state = &mut *self.state.borrow_mut();
        state.parser.reset(&last_event_id);
        state.reconnection_time = -1.0;
    }
}
