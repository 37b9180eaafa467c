//! Event stream responses: the first bytes, and the body.

pub(crate) mod control_events;
pub(crate) mod filter;
pub(crate) mod headers;
pub(crate) mod lifetime;
pub(crate) mod open_stream;
pub(crate) mod stream_fault;
mod subscription;
