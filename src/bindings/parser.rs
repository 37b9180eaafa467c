use core::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::batch::Batch;
use super::client::milliseconds;
use crate::event_stream::{EventStreamParser, Item};

#[wasm_bindgen]
extern "C" {
    /// The JavaScript half of a parser.
    pub type Reader;

    /// Reads a batch.
    #[wasm_bindgen(method)]
    fn read(
        this: &Reader,
        records: usize,
        records_len: usize,
        text: usize,
        text_len: usize,
        data_start: usize,
        data_end: usize,
    );
    /// A `retry` field, in milliseconds.
    #[wasm_bindgen(method)]
    fn retry(this: &Reader, milliseconds: f64);
    /// The limit was passed.
    #[wasm_bindgen(method, js_name = tooLarge)]
    fn too_large(this: &Reader);
}

/// The parser alone, for streams that come from elsewhere.
#[wasm_bindgen]
pub struct Parser {
    reader: Reader,
    state: RefCell<(EventStreamParser, Batch)>,
}

#[wasm_bindgen]
impl Parser {
    /// `max_event_size` is in bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(reader: Reader, max_event_size: f64) -> Parser {
        let parser = EventStreamParser::new().max_event_size(max_event_size as usize);
        Parser {
            reader,
            state: RefCell::new((parser, Batch::default())),
        }
    }

    /// Takes the next bytes. The reader must not call back into the parser.
    pub fn feed(&self, chunk: &Uint8Array) {
        let (parser, batch) = &mut *self.state.borrow_mut();
        batch.clear();
        parser.feed_with(chunk.length() as usize, |room| chunk.copy_to(room));
        while let Some(item) = parser.next_item() {
            match item {
                Item::ReconnectionTime(time) => self.reader.retry(milliseconds(time)),
                Item::TooLarge => {
                    self.reader.too_large();
                    // The next call would free what the batch points to.
                    break;
                }
                item => batch.push(&item),
            }
        }
        if !batch.is_empty() {
            self.read(batch);
        }
    }

    fn read(&self, batch: &Batch) {
        let (records, text, data) = (batch.records(), batch.text(), batch.data());
        self.reader.read(
            records.as_ptr() as usize,
            records.len(),
            text.as_ptr() as usize,
            text.len(),
            data.start,
            data.end,
        );
    }

    /// Starts a new stream.
    pub fn reset(&self, last_event_id: &str) {
        self.state.borrow_mut().0.reset(last_event_id);
    }
}
