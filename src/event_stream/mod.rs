//! The event stream: bytes in, events out ([WHATWG HTML §9.2.5–9.2.6]).
//!
//! Knows no connection, no clock and no browser; runs on any target. It does not check the
//! `Content-Type`, does not reconnect and does not decode content codings.
//!
//! Invariants: feeding never fails and never panics; cutting the input differently never changes
//! the items; memory is bounded by six times [`EventStreamParser::max_event_size`] (the data and
//! the unfinished line in a buffer that may have room for twice as much, the event type, the last
//! event ID) plus twice the largest chunk, if all items are taken after each chunk.
//!
//! [WHATWG HTML §9.2.5–9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

mod block;
mod item;
mod line_buffer;
mod line_ends;
mod parser;
mod value;

#[cfg(all(feature = "npm", target_arch = "wasm32"))]
pub(crate) use block::Found;
pub(crate) use block::digits;
pub use item::{Event, Item, RawEvent, decode};
pub use parser::EventStreamParser;
