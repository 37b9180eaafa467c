//! A Server-Sent Events client that sends an `Authorization` header: exact where the standard
//! ([WHATWG HTML §9.2]) speaks, right where it is silent.
//!
//! In a browser (wasm32), `AuthenticatedEventSource` is a
//! `Stream` of events over `fetch` that asks for a token on every attempt, reconnects by itself
//! and goes on exactly where it was:
//!
//! ```
//! # #[cfg(target_arch = "wasm32")]
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
//! On any target, [`event_stream`] parses the stream by itself:
//!
//! ```
//! use authenticated_event_source::event_stream::EventStreamParser;
//!
//! let mut parser = EventStreamParser::new();
//! parser.feed(b"id: 1\ndata: hello\n\n");
//! let event = parser.next_event().unwrap();
//! assert_eq!((&*event.data, &*event.last_event_id), ("hello", "1"));
//! ```
//!
//! # Layout, in reading order
//!
//! - [`event_stream`] — §9.2.5–9.2.6: bytes in, events out. Knows no connection.
//! - [`connection`] — §9.2.3 and our policy: pure decisions. Knows no browser, clock or dice.
//! - `browser` — the shell on wasm32: the loop of the `Stream`, `fetch`, timers, the page's life.
//! - `bindings` — what the npm package calls (feature `npm`), whose loop is JavaScript.
//!
//! The first knows none of the others, the second only the first, the last two only those. What is
//! absent, on purpose: WebSocket fall-backs, a store of state, JSON-RPC, a client for other targets
//! than the browser.
//!
//! # Features
//!
//! - `serde`: `Event::json`, the data of an event as a Rust type.
//! - `npm`: the exports of the npm package. Not for applications.
//!
//! [WHATWG HTML §9.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html

#![no_std]

extern crate alloc;

pub mod connection;
pub mod event_stream;

#[cfg(all(target_arch = "wasm32", feature = "npm"))]
mod bindings;
// The npm package drives the connection from JavaScript. With this beside it the optimiser would
// leave three hundred bytes more in it.
#[cfg(all(target_arch = "wasm32", not(npm_module)))]
pub mod browser;

#[cfg(all(target_arch = "wasm32", not(npm_module)))]
pub use browser::{AuthenticatedEventSource, Error};
pub use event_stream::Event;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd;

/// The examples of the README compile.
#[cfg(all(doctest, target_arch = "wasm32"))]
#[doc = include_str!("README.md")]
struct Readme;
