//! The log in one file: what was appended survives the process, however it ends.

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
use super::memory::fresh_epoch;
use super::{Answer, Draft, Entry, EventLog, LogError};
use crate::cursor::Cursor;
use crate::resume::Kept;

/// Sequence → event type, recipient (empty: everybody; else a mark and the name), data.
const EVENTS: TableDefinition<'_, u64, (&str, &str, &str)> = TableDefinition::new("events");
/// `epoch` and `last`, the newest sequence ever.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
/// How long the predecessor on the same file may take to end: a little more than its drain.
const PATIENCE: Duration = Duration::from_secs(6);
/// Events read at once for the ring.
const PAGE: usize = 1024;

/// redb has an error type per kind of call; here they all mean that the file failed.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Keeps the last events in a file.
pub struct FileLog {
    database: Arc<Database>,
    appends: mpsc::Sender<Append>,
    /// The newest id; written by the writer's thread after its commit.
    last: watch::Receiver<Cursor>,
}

fn failed(error: impl std::fmt::Display) -> LogError {
    LogError(error.to_string())
}

impl FileLog {
    /// Opens or creates the log at `path`, which keeps `capacity` events, at least one. A server
    /// that is just leaving the file is waited for.
    ///
    /// # Errors
    /// The file cannot be written, is damaged, or stays open elsewhere.
    pub async fn open(path: &Path, capacity: usize) -> Result<Self, LogError> {
        let say = |error: DatabaseError| LogError(format!("{}: {error}", path.display()));
        let database = Arc::new(create(path).await.map_err(say)?);
        let newest = prepare(&database).map_err(failed)?;
        let (sender, last) = watch::channel(newest);
        let (appends, queue) = mpsc::channel(GROUP);
        let writer = Writer {
            database: Arc::clone(&database),
            capacity: capacity.max(1) as u64,
            last: sender,
        };
        // A thread of its own, because a commit blocks until the disk has it. It ends when this
        // log is dropped and the queue with it.
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
    ) -> Answer<'_, T> {
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

async fn create(path: &Path) -> Result<Database, DatabaseError> {
    let end = Instant::now() + PATIENCE;
    loop {
        match Database::create(path) {
            Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < end => {}
            done => return done,
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Makes the tables and the epoch of a new file; gives the newest id.
fn prepare(database: &Database) -> Result<Cursor, Failure> {
    let write = database.begin_write()?;
    let newest = {
        write.open_table(EVENTS)?;
        let mut numbers = write.open_table(NUMBERS)?;
        let known = numbers.get("epoch")?.map(|number| number.value());
        let epoch = known.unwrap_or_else(fresh_epoch);
        numbers.insert("epoch", epoch)?;
        let seq = numbers.get("last")?.map_or(0, |number| number.value());
        Cursor { epoch, seq }
    };
    write.commit()?;
    Ok(newest)
}

fn page(database: &Database, after: Cursor, limit: usize) -> Result<Vec<Entry>, Failure> {
    let read = database.begin_read()?;
    let (events, numbers) = (read.open_table(EVENTS)?, read.open_table(NUMBERS)?);
    let epoch = numbers.get("epoch")?.map_or(0, |number| number.value());
    // A place in another life of the log is before or after everything in this one.
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
        entries.push(Entry {
            cursor: Cursor {
                epoch,
                seq: seq.value(),
            },
            draft,
        });
    }
    Ok(entries)
}

fn kept(database: &Database) -> Result<Kept, Failure> {
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
    Ok(Kept {
        before_first,
        first,
        last,
        holds_requested: false,
    })
}

impl EventLog for FileLog {
    fn append(&self, draft: Draft) -> Answer<'_, Cursor> {
        async move {
            let (sender, stored) = oneshot::channel();
            self.appends.send((draft, sender)).await.map_err(failed)?;
            stored.await.map_err(failed)?
        }
        .boxed()
    }

    fn page(&self, after: Cursor, limit: usize) -> Answer<'_, Vec<Entry>> {
        self.read(move |database| page(database, after, limit))
    }

    fn kept(&self, _requested: Option<Cursor>) -> Answer<'_, Kept> {
        self.read(kept)
    }

    fn follow(&self, after: Cursor) -> Answer<'_, Vec<Entry>> {
        async move {
            let mut last = self.last.clone();
            last.wait_for(|last| *last > after).await.map_err(failed)?;
            self.page(after, PAGE).await
        }
        .boxed()
    }
}
