//! The event log: assigns ids to events and stores them, so that a client can resume.

pub mod cursor;
pub(crate) mod epoch;
mod file;
pub(crate) mod hub;
mod memory;
mod redis;
pub mod resume;
pub(crate) mod revocations;
pub(crate) mod ring;

use std::time::Duration;

use futures_util::future::BoxFuture;
use thiserror::Error;

use self::cursor::Cursor;
pub use self::file::FileLog;
pub use self::memory::MemoryLog;
pub use self::redis::RedisLog;
use self::resume::RetainedRange;
use crate::redis::StoreError;

/// An event without an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The `event` field. An empty type means `message`.
    pub event_type: String,
    /// The data, usually JSON.
    pub data: String,
    /// The only user who receives the event. `None` means all users.
    pub to: Option<String>,
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The id.
    pub cursor: Cursor,
    /// The event.
    pub draft: Draft,
}

/// The reason that the log cannot be read or written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("The event log is not available: {0}. Check the value of `--log`.")]
pub struct LogError(pub String);

/// The longest time that a store waits in [`EventLog::follow`], so that its reader can check the
/// identity of the log regularly.
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(1);

impl From<serde_json::Error> for LogError {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("a stored value is not valid: {error}"))
    }
}

impl From<StoreError> for LogError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// The result of a call to an event log.
pub type LogFuture<'a, T> = BoxFuture<'a, Result<T, LogError>>;

/// A log of events with consecutive ids. It keeps the newest events and trims the oldest.
pub trait EventLog: Send + Sync + 'static {
    /// Stores an event and returns its id. The event is then as durable as the log promises.
    fn append(&self, draft: Draft) -> LogFuture<'_, Cursor>;

    /// Returns up to `limit` stored events after `after`, oldest first. Trimmed events are skipped
    /// without an error: the caller compares the first id with the expected one.
    fn page(&self, after: Cursor, limit: usize) -> LogFuture<'_, Vec<LogEntry>>;

    /// Returns the range of events that is stored now. `requested` is the cursor for
    /// [`RetainedRange::holds_requested`].
    fn retained(&self, requested: Option<Cursor>) -> LogFuture<'_, RetainedRange>;

    /// Waits for events after `after` and returns some of them. The result may be empty. The
    /// caller then calls again.
    fn follow(&self, after: Cursor) -> LogFuture<'_, Vec<LogEntry>>;

    /// Checks that the store still holds the log that was written, and returns the newest id.
    /// If the store was deleted, replaced or rolled back, this begins a new epoch and logs the cause.
    fn verify(&self) -> LogFuture<'_, Cursor>;

    /// Checks that the store accepts writes.
    fn test_write(&self) -> LogFuture<'_, ()>;
}
