//! An event log in one file. Appended events survive a restart and `kill -9`.

mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use redb::{Database, DatabaseError, ReadableTable, TableDefinition};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use self::writer::{Append, GROUP, Writer};
use super::cursor::Cursor;
use super::epoch::new_epoch;
use super::resume::RetainedRange;
use super::{Draft, EventLog, LogEntry, LogError, LogFuture};

/// Sequence → event type, recipient, data. The recipient is `@` and the name, or empty for all
/// users.
const EVENTS: TableDefinition<'_, u64, (&str, &str, &str)> = TableDefinition::new("events");
/// `epoch`, and `last`: the newest sequence, which trimming does not change.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
/// The longest wait for another server that still has the file open. A server that drains needs up
/// to 4 s.
const LOCK_TIMEOUT: Duration = Duration::from_secs(6);
/// Most events that the ring reads at once.
const PAGE: usize = 1024;

/// Any error of redb, which has one error type per kind of call.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Keeps the last events in a file.
pub struct FileLog {
    database: Arc<Database>,
    appends: mpsc::Sender<Append>,
    /// The newest id. The writer thread sets it after each commit.
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
        let describe = |error: DatabaseError| LogError(format!("{}: {error}", path.display()));
        let database = Arc::new(open_database(path).await.map_err(describe)?);
        let newest = prepare(&database).map_err(failed)?;
        let (sender, last) = watch::channel(newest);
        let (appends, queue) = mpsc::channel(GROUP);
        let writer = Writer {
            database: Arc::clone(&database),
            capacity: capacity.max(1) as u64,
            last: sender,
        };
        // A commit blocks until the data is on disk, so it needs its own thread. The thread ends
        // when this log is dropped, because the queue closes.
        thread::spawn(move || writer.run(queue));
        Ok(Self {
            database,
            appends,
            last,
        })
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, Failure> + Send + 'static,
    ) -> LogFuture<'_, T> {
        let database = Arc::clone(&self.database);
        async move {
            spawn_blocking(move || read(&database))
                .await
                .map_err(failed)?
                .map_err(failed)
        }
        .boxed()
    }
}

async fn open_database(path: &Path) -> Result<Database, DatabaseError> {
    let end = Instant::now() + LOCK_TIMEOUT;
    loop {
        match Database::create(path) {
            Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < end => {}
            done => return done,
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Creates the tables and the epoch of a new file. Returns the newest id.
fn prepare(database: &Database) -> Result<Cursor, Failure> {
    let write = database.begin_write()?;
    let newest = {
        write.open_table(EVENTS)?;
        let mut numbers = write.open_table(NUMBERS)?;
        let stored = numbers.get("epoch")?.map(|number| number.value());
        let epoch = stored.unwrap_or_else(new_epoch);
        numbers.insert("epoch", epoch)?;
        let seq = numbers.get("last")?.map_or(0, |number| number.value());
        Cursor { epoch, seq }
    };
    write.commit()?;
    Ok(newest)
}

fn page(database: &Database, after: Cursor, limit: usize) -> Result<Vec<LogEntry>, Failure> {
    let read = database.begin_read()?;
    let (events, numbers) = (read.open_table(EVENTS)?, read.open_table(NUMBERS)?);
    let epoch = numbers.get("epoch")?.map_or(0, |number| number.value());
    // A position in another epoch is before or after all events of this epoch.
    let from = match after.epoch.cmp(&epoch) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => after.seq.saturating_add(1),
        std::cmp::Ordering::Greater => return Ok(Vec::new()),
    };
    let mut entries = Vec::new();
    for stored in events.range(from..)?.take(limit) {
        let (seq, value) = stored?;
        let (event_type, to, data) = value.value();
        let to = to.strip_prefix('@').map(str::to_owned);
        let draft = Draft {
            event_type: event_type.to_owned(),
            data: data.to_owned(),
            to,
        };
        entries.push(LogEntry {
            cursor: Cursor {
                epoch,
                seq: seq.value(),
            },
            draft,
        });
    }
    Ok(entries)
}

fn retained(database: &Database) -> Result<RetainedRange, Failure> {
    let read = database.begin_read()?;
    let (events, numbers) = (read.open_table(EVENTS)?, read.open_table(NUMBERS)?);
    let number = |name| Ok::<_, Failure>(numbers.get(name)?.map_or(0, |n| n.value()));
    let last = Cursor {
        epoch: number("epoch")?,
        seq: number("last")?,
    };
    let first = events.first()?.map(|(seq, _)| Cursor {
        seq: seq.value(),
        ..last
    });
    let before_first = first.map_or(last, |first| Cursor {
        seq: first.seq - 1,
        ..first
    });
    Ok(RetainedRange {
        before_first,
        first,
        last,
        holds_requested: false,
    })
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
        self.read(move |database| page(database, after, limit))
    }

    fn retained(&self, _requested: Option<Cursor>) -> LogFuture<'_, RetainedRange> {
        self.read(retained)
    }

    fn follow(&self, after: Cursor) -> LogFuture<'_, Vec<LogEntry>> {
        async move {
            let mut last = self.last.clone();
            last.wait_for(|last| *last > after).await.map_err(failed)?;
            self.page(after, PAGE).await
        }
        .boxed()
    }
}
