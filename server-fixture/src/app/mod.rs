//! The life of a server: it is built, accepts connections, runs background tasks, and shuts down.

mod accept;
mod background;
mod connection_slots;
mod open_files;
pub(crate) mod server;
mod storage;
mod write_timeout;
