//! A Server-Sent Events client that sends an `Authorization` header.
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
mod bindings;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod connection;
pub mod event_stream;
