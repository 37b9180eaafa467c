//! The log in memory: gone with the process, and its epoch says so.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use tokio::sync::watch;

use super::{Answer, Draft, Entry, EventLog};
use crate::cursor::Cursor;
use crate::resume::Kept;

/// Keeps the last events of this process.
pub struct MemoryLog {
    entries: Mutex<VecDeque<Entry>>,
    capacity: usize,
    /// The newest id. Written only while `entries` is locked, so that both agree.
    last: watch::Sender<Cursor>,
}

impl MemoryLog {
    /// An empty log that keeps `capacity` events, at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        let last = watch::Sender::new(Cursor {
            epoch: fresh_epoch(),
            seq: 0,
        });
        Self {
            entries: Mutex::new(VecDeque::new()),
            capacity,
            last,
        }
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        // Every change under this lock is a single push or pop: a panic cannot leave it half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, draft: Draft) -> Cursor {
        let mut entries = self.entries();
        let last = *self.last.borrow();
        let cursor = Cursor {
            seq: last.seq + 1,
            ..last
        };
        entries.push_back(Entry { cursor, draft });
        if entries.len() > self.capacity {
            entries.pop_front();
        }
        self.last.send_replace(cursor);
        cursor
    }

    fn after(&self, after: Cursor, limit: usize) -> Vec<Entry> {
        let entries = self.entries();
        let start = entries.partition_point(|entry| entry.cursor <= after);
        entries.range(start..).take(limit).cloned().collect()
    }

    fn state(&self) -> Kept {
        let entries = self.entries();
        let last = *self.last.borrow();
        let first = entries.front().map(|entry| entry.cursor);
        let before_first = first.map_or(last, |first| Cursor {
            seq: first.seq - 1,
            ..first
        });
        // Another epoch is another process: nothing of it can be here.
        Kept {
            before_first,
            first,
            last,
            holds_requested: false,
        }
    }
}

/// Microseconds since 1970, plus a random part below one millisecond: two lives of a server never
/// share an epoch, even if started in the same moment, and a later one has the greater epoch.
pub(crate) fn fresh_epoch() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX / 1000);
    millis * 1000 + fastrand::u64(..1000)
}

impl EventLog for MemoryLog {
    fn append(&self, draft: Draft) -> Answer<'_, Cursor> {
        async { Ok(self.push(draft)) }.boxed()
    }

    fn page(&self, after: Cursor, limit: usize) -> Answer<'_, Vec<Entry>> {
        async move { Ok(self.after(after, limit)) }.boxed()
    }

    fn kept(&self, _requested: Option<Cursor>) -> Answer<'_, Kept> {
        async { Ok(self.state()) }.boxed()
    }

    fn follow(&self, after: Cursor) -> Answer<'_, Vec<Entry>> {
        async move {
            let mut last = self.last.subscribe();
            // The sender lives in `self`, so waiting can only end with a new event.
            let _ = last.wait_for(|last| *last > after).await;
            Ok(self.after(after, 1024))
        }
        .boxed()
    }
}
