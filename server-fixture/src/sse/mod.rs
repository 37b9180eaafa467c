//! Event stream responses: the encoder, the first bytes, and the body.

pub(crate) mod control_events;
pub mod encode;
pub(crate) mod filter;
pub(crate) mod headers;
pub(crate) mod lifetime;
pub(crate) mod open_stream;
mod subscription;
