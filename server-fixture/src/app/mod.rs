//! The life of a server: it is built, accepts connections, runs background tasks, and shuts down.

pub(crate) mod accept;
mod background;
mod connection_slots;
pub(crate) mod server;
pub(crate) mod state;
mod storage;
mod write_timeout;
