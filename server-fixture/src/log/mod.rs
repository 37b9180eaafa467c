//! The event log: where ids are minted and events outlive the connections that wait for them.

mod file;
mod memory;
mod redis;

use futures_util::future::BoxFuture;
use thiserror::Error;

pub use self::file::FileLog;
pub use self::memory::MemoryLog;
pub(crate) use self::memory::fresh_epoch;
pub use self::redis::RedisLog;
use crate::cursor::Cursor;
use crate::resume::Kept;

/// An event before it has an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The `event` field; `message` is the default type.
    pub event_type: String,
    /// The data, usually JSON.
    pub data: String,
    /// The only user who may see it; `None` is everybody.
    pub to: Option<String>,
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub cursor: Cursor,
    /// What it says, and to whom.
    pub draft: Draft,
}

/// The log cannot be reached, or cannot store.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the event log is not available: {0}")]
pub struct LogError(pub String);

impl From<serde_json::Error> for LogError {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("what is stored there cannot be read: {error}"))
    }
}

/// What a log's call gives.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, LogError>>;

/// A log of events with dense ids, from which the oldest are trimmed.
pub trait EventLog: Send + Sync + 'static {
    /// Stores an event and mints its id. When this returns, the event survives what the log
    /// promises to survive.
    fn append(&self, draft: Draft) -> Answer<'_, Cursor>;

    /// Up to `limit` kept events after `after`, oldest first. Skips silently what was trimmed:
    /// whoever pages compares the first id with the one expected.
    fn page(&self, after: Cursor, limit: usize) -> Answer<'_, Vec<Entry>>;

    /// What is kept now; `requested` is the cursor for [`Kept::holds_requested`].
    fn kept(&self, requested: Option<Cursor>) -> Answer<'_, Kept>;

    /// Waits until there are events after `after`, then gives some of them. An empty answer is
    /// allowed and means: ask again.
    fn follow(&self, after: Cursor) -> Answer<'_, Vec<Entry>>;
}
