//! An event log in memory. It ends with the process, and the next process has another epoch.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::watch;

use super::cursor::Cursor;
use super::epoch::new_epoch;
use super::resume::RetainedRange;
use super::{Draft, EventLog, LogEntry, LogFuture};

#[derive(Default)]
struct Entries {
    all: VecDeque<LogEntry>,
    /// The bytes of their data.
    bytes: usize,
}

/// Keeps the last events of this process.
pub struct MemoryLog {
    entries: Mutex<Entries>,
    capacity: usize,
    /// Most bytes of data. The newest event is always kept.
    max_bytes: usize,
    /// The newest id. Changes only while `entries` is locked, so that the two agree.
    last: watch::Sender<Cursor>,
}

impl MemoryLog {
    /// Returns an empty log that keeps `capacity` events, at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        let last = watch::Sender::new(Cursor {
            epoch: new_epoch(),
            seq: 0,
        });
        Self {
            entries: Mutex::default(),
            capacity,
            max_bytes: usize::MAX,
            last,
        }
    }

    /// Also limits the bytes of the data. The newest event is always kept.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Each change under this lock is one push or pop, so a poisoned lock is usable.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, draft: Draft) -> Cursor {
        let mut entries = self.entries();
        let last = *self.last.borrow();
        let cursor = Cursor {
            seq: last.seq + 1,
            ..last
        };
        entries.bytes += draft.data.len();
        entries.all.push_back(LogEntry { cursor, draft });
        while entries.all.len() > 1
            && (entries.all.len() > self.capacity || entries.bytes > self.max_bytes)
        {
            let trimmed = entries.all.pop_front();
            entries.bytes -= trimmed.map_or(0, |entry| entry.draft.data.len());
        }
        self.last.send_replace(cursor);
        cursor
    }

    fn after(&self, after: Cursor, limit: usize) -> Vec<LogEntry> {
        let entries = &self.entries().all;
        let start = entries.partition_point(|entry| entry.cursor <= after);
        entries.range(start..).take(limit).cloned().collect()
    }

    fn state(&self) -> RetainedRange {
        let entries = self.entries();
        let last = *self.last.borrow();
        let first = entries.all.front().map(|entry| entry.cursor);
        // Another epoch belongs to another process, so its events are never stored here.
        RetainedRange {
            before_first: first.map_or(last, Cursor::before),
            first,
            last,
            holds_requested: false,
        }
    }
}

impl EventLog for MemoryLog {
    fn append(&self, draft: Draft) -> LogFuture<'_, Cursor> {
        async { Ok(self.push(draft)) }.boxed()
    }

    fn page(&self, after: Cursor, limit: usize) -> LogFuture<'_, Vec<LogEntry>> {
        async move { Ok(self.after(after, limit)) }.boxed()
    }

    fn retained(&self, _requested: Option<Cursor>) -> LogFuture<'_, RetainedRange> {
        async { Ok(self.state()) }.boxed()
    }

    fn follow(&self, after: Cursor) -> LogFuture<'_, Vec<LogEntry>> {
        async move {
            let mut last = self.last.subscribe();
            // `wait_for` fails only without a sender, and the sender is in `self`.
            let _ = last.wait_for(|last| *last > after).await;
            Ok(self.after(after, 1024))
        }
        .boxed()
    }

    fn verify(&self) -> LogFuture<'_, Cursor> {
        async { Ok(*self.last.borrow()) }.boxed()
    }

    fn test_write(&self) -> LogFuture<'_, ()> {
        async { Ok(()) }.boxed()
    }
}
