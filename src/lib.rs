//! A Server-Sent Events client that sends an `Authorization` header.
pub mod event_stream;
