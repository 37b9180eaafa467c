//! The event stream: bytes in, events out ([WHATWG HTML §9.2.5–9.2.6]).
//!
//! It needs no connection, clock or browser, and runs on any target. It does not check the
//! `Content-Type`, reconnect or decode content codings.
//!
//! Invariants:
//!
//! - Feeding never fails and never panics.
//! - Cutting the input into other chunks never changes the items.
//! - Memory is bounded by six times [`EventStreamParser::max_event_size`] plus twice the largest chunk,
//!   if all items are read after each chunk. The buffer holds the data and an unfinished line, and may
//!   have room for twice as much. The event type and the last event ID are the rest.
//!
//! The feature `stream` adds the trait `ByteStreamExt`: `.events()` on any stream of bytes. It reads owned
//! events directly out of the chunks. Its memory is bounded by eight times the largest event, plus one
//! chunk; malformed bytes count three times, because each can become U+FFFD. The
//! feature `serde_json` adds `Event::json`.
//!
//! [WHATWG HTML §9.2.5–9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

mod block;
#[cfg(feature = "stream")]
mod chunk_lines;
#[cfg(feature = "stream")]
mod chunk_reader;
mod item;
#[cfg(any(feature = "serde_json", all(feature = "serde", target_arch = "wasm32")))]
mod json;
mod line_buffer;
mod line_ends;
#[cfg(feature = "stream")]
mod owned_block;
mod parser;
mod shared_str;
mod short_str;
#[cfg(feature = "stream")]
mod stream;
#[cfg(test)]
mod test_streams;
#[cfg(feature = "stream")]
mod text;
#[cfg(feature = "stream")]
mod unfinished_line;
mod value;

#[cfg(all(feature = "npm", target_arch = "wasm32"))]
pub(crate) use block::Found;
pub(crate) use block::digits;
pub use item::{Event, Item, RawEvent, TooLarge, decode};
#[cfg(any(feature = "serde_json", all(feature = "serde", target_arch = "wasm32")))]
pub use json::JsonError;
pub use parser::EventStreamParser;
pub use shared_str::SharedStr;
#[cfg(feature = "stream")]
pub use stream::{ByteStreamExt, Error, EventStream};
