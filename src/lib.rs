//! A Server-Sent Events client that sends an `Authorization` header. It follows the standard
//! ([WHATWG HTML §9.2]) exactly, and has a documented policy where the standard is silent.
//!
//! In a browser (wasm32), `AuthenticatedEventSource` is a `Stream` of events over `fetch`. It requests
//! a token on every attempt, reconnects by itself and resumes after the last event:
//!
//! ```
//! # async fn example() -> Result<(), authenticated_event_source::Error> {
//! use authenticated_event_source::AuthenticatedEventSource;
//! use futures_util::StreamExt;
//!
//! let mut source = AuthenticatedEventSource::builder("/events").bearer("token").open()?;
//! while let Some(event) = source.next().await {
//!     let event = event?;
//!     log(&event.event_type, &event.data);
//! }
//! # Ok(()) }
//! # fn log(_: &str, _: &str) {}
//! ```
//!
//! On any target, [`event_stream`] parses a stream:
//!
//! ```
//! use authenticated_event_source::event_stream::EventStreamParser;
//!
//! let mut parser = EventStreamParser::new();
//! parser.feed(b"id: 1\ndata: hello\n\n");
//! let event = parser.next_event()?.unwrap();
//! assert_eq!((&*event.data, &*event.last_event_id), ("hello", "1"));
//! # Ok::<(), authenticated_event_source::event_stream::TooLarge>(())
//! ```
//!
//! With the feature `stream`, `event_stream::ByteStreamExt` reads the body of any
//! response:
//!
//! ```
//! # #[cfg(feature = "stream")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use authenticated_event_source::event_stream::ByteStreamExt;
//! use futures_util::{StreamExt, stream};
//!
//! let bytes = stream::iter([Ok::<_, std::io::Error>("data: hello\n\ndata: [DONE]\n\n")]);
//! let mut events = bytes.events().until("[DONE]");
//! while let Some(event) = events.next().await {
//!     assert_eq!(event?.data, "hello");
//! }
//! # Ok(()) }
//! # #[cfg(all(feature = "stream", not(target_arch = "wasm32")))]
//! # futures_executor::block_on(example()).unwrap();
//! ```
//!
//! # Layout, in reading order
//!
//! - [`event_stream`] — §9.2.5–9.2.6: bytes in, events out.
//! - [`connection`] — §9.2.3 and our policy: pure decisions. Time and randomness are arguments.
//! - [`browser`] — the event source: the loop of the `Stream`, `fetch`, timers, page events. Its types exist
//!   on every target, and it connects on wasm32.
//! - `bindings` — the exports of the npm package (feature `npm`), whose loop is in JavaScript.
//!
//! Dependencies go in these directions only: `browser → connection → event_stream` and
//! `bindings → connection → event_stream`.
//!
//! Out of scope are WebSocket fallbacks, a state store, JSON-RPC, and a client for targets other than
//! the browser.
//!
//! # Features
//!
//! - `browser` (default): the event source on wasm32. Its timers are those of gloo-timers.
//! - `stream`: the adaptor over streams of bytes. It depends on `futures-core`, and on `simdutf8` and
//!   `wide` for vector instructions.
//! - `serde_json`: `Event::json`, the data of an event as a Rust type. Every number is exact.
//! - `serde`: the same with the browser's own JSON parser, if `serde_json` is off. The download is
//!   smaller, but integers above 2⁵³ are rounded.
//! - `npm`: the exports of the npm package. Not for applications.
//!
//! [WHATWG HTML §9.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html

#![no_std]
// docs.rs shows which feature and which target an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(npm_module))))]

extern crate alloc;
// Only `std` has `thread_local!`, for the number of sources of each origin.
#[cfg(all(target_arch = "wasm32", feature = "browser", not(npm_module)))]
extern crate std;

pub mod connection;
pub mod event_stream;

#[cfg(all(target_arch = "wasm32", feature = "npm"))]
mod bindings;
/// Its tests run on the host.
#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "bindings/utf16.rs"]
mod utf16;
// The npm package drives the connection from JavaScript. With the module `browser` in it, the
// optimizer would leave 300 bytes of it.
#[cfg(all(feature = "browser", not(npm_module)))]
pub mod browser;

#[cfg(all(feature = "browser", not(npm_module)))]
pub use browser::{AuthenticatedEventSource, Error};
pub use event_stream::Event;
// Neither the parser, which imports nothing of a browser, nor the event source.
#[cfg(all(target_arch = "wasm32", feature = "serde", not(feature = "serde_json")))]
mod json;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd;

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "browser", feature = "stream"))]
#[doc = include_str!("README.md")]
#[doc = include_str!("../docs/rust.md")]
struct Readme;
