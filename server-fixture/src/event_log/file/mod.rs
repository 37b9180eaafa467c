//! An event log in one file. Appended events survive a restart and `kill -9`.

mod backend;
mod head;
mod panics;
mod store;
mod tables;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use redb::{Database, DatabaseError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use self::store::Store;
use self::writer::{Append, GROUP, Writer};
use super::cursor::Cursor;
use super::resume::RetainedRange;
use super::revocations::{Revocation, RevocationStore};
use super::{Draft, EventLog, FOLLOW_TIMEOUT, LogEntry, LogError, LogFuture};
use crate::util::unix_now;

/// The longest wait for another server that still has the file open. A server that drains needs up
/// to 4 s.
const LOCK_TIMEOUT: Duration = Duration::from_secs(6);
/// Most events that the ring reads at once.
const PAGE: usize = 1024;

/// Any error of redb, which has one error type per kind of call.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Keeps the last events, and the revoked tokens, in a file.
pub struct FileLog {
    store: Arc<Store>,
    appends: mpsc::Sender<Append>,
    /// The newest id. The store sets it after each commit.
    last: watch::Receiver<Cursor>,
}

fn failed(error: impl std::fmt::Display) -> LogError {
    LogError(error.to_string())
}

impl FileLog {
    /// Opens or creates the log at `path`, which keeps `capacity` events, at least one. Waits some
    /// seconds if another server has the file open, because that server may be shutting down.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written, is damaged, or is open in another process.
    pub async fn open(path: &Path, capacity: usize) -> Result<Self, LogError> {
        let (store, last) = Store::new(path, capacity);
        let store = Arc::new(store);
        open_patiently(&store).await?;
        let (appends, queue) = mpsc::channel(GROUP);
        let writer = Writer {
            store: Arc::clone(&store),
        };
        // A commit blocks until the data is on disk, so it needs its own thread. The thread ends
        // when this log is dropped, because the queue closes.
        thread::spawn(move || writer.run(queue));
        Ok(Self {
            store,
            appends,
            last,
        })
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, Failure> + Send + 'static,
    ) -> LogFuture<'_, T> {
        let store = Arc::clone(&self.store);
        async move {
            let done = spawn_blocking(move || store.with(work));
            done.await.map_err(failed)?
        }
        .boxed()
    }
}

/// Opens the file. Waits if another server has the file open.
async fn open_patiently(store: &Arc<Store>) -> Result<(), LogError> {
    let end = Instant::now() + LOCK_TIMEOUT;
    loop {
        let opened = Arc::clone(store);
        let opened = spawn_blocking(move || opened.try_open());
        if opened.await.map_err(failed)?? {
            return Ok(());
        }
        if Instant::now() >= end {
            return Err(store.describe(&DatabaseError::DatabaseAlreadyOpen.into()));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

impl EventLog for FileLog {
    fn append(&self, draft: Draft) -> LogFuture<'_, Cursor> {
        async move {
            let (sender, stored) = oneshot::channel();
            self.appends.send((draft, sender)).await.map_err(failed)?;
            stored.await.map_err(failed)?
        }
        .boxed()
    }

    fn page(&self, after: Cursor, limit: usize) -> LogFuture<'_, Vec<LogEntry>> {
        self.with(move |database| tables::page(database, after, limit))
    }

    fn retained(&self, requested: Option<Cursor>) -> LogFuture<'_, RetainedRange> {
        self.with(move |database| tables::retained(database, requested))
    }

    fn follow(&self, after: Cursor) -> LogFuture<'_, Vec<LogEntry>> {
        async move {
            let mut last = self.last.clone();
            let newer = last.wait_for(|last| *last > after);
            match timeout(FOLLOW_TIMEOUT, newer).await {
                Ok(newer) => drop(newer.map_err(failed)?),
                Err(_) => return Ok(Vec::new()),
            }
            self.page(after, PAGE).await
        }
        .boxed()
    }

    fn verify(&self) -> LogFuture<'_, Cursor> {
        async {
            self.with(|_| Ok(())).await?;
            Ok(*self.last.borrow())
        }
        .boxed()
    }

    fn test_write(&self) -> LogFuture<'_, ()> {
        self.with(tables::test_write)
    }
}

impl RevocationStore for FileLog {
    fn revoke(&self, revocation: Revocation) -> LogFuture<'_, ()> {
        self.with(move |database| tables::revoke(database, &revocation, unix_now()))
    }

    fn revoked(&self) -> LogFuture<'_, Vec<Revocation>> {
        self.with(|database| tables::revoked(database, unix_now()))
    }
}
