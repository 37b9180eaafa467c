//! The open log file. Every failure closes it, and the next call opens it again.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redb::{
    Builder, CommitError, Database, DatabaseError, StorageError, TableError, TransactionError,
};
use tokio::sync::watch;

use super::Failure;
use super::backend::{Backend, FileId, Watch};
use super::head::Head;
use super::panics::contain;
use super::tables::{self, Expected};
use crate::event_log::cursor::Cursor;
use crate::event_log::{Draft, LogError};

/// The longest wait for calls that still use a handle that was closed.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);

/// An open file. Dropping it closes the database, which may panic if the file is damaged.
struct Handle {
    database: Option<Database>,
    watch: Watch,
    /// Notified when the database is closed.
    closed: Arc<Condvar>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = contain(|| {
            drop(database);
            Ok(())
        });
        self.closed.notify_all();
    }
}

#[derive(Default)]
struct State {
    handle: Option<Arc<Handle>>,
    /// The handle before. Calls that began earlier may still use it, and it locks the file.
    retired: Weak<Handle>,
    /// The file that was open last.
    file: Option<FileId>,
    /// The newest id beside the log.
    head: Option<Head>,
}

impl State {
    fn close(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.retired = Arc::downgrade(&handle);
        }
    }

    fn is_closing(&self) -> bool {
        self.handle.is_none() && self.retired.strong_count() > 0
    }
}

/// A log file that opens itself again after a failure.
pub(super) struct Store {
    path: PathBuf,
    capacity: u64,
    state: Mutex<State>,
    closed: Arc<Condvar>,
    last: watch::Sender<Cursor>,
}

impl Store {
    /// Returns a store that opens the file on first use, and a receiver of the newest id.
    pub(super) fn new(path: &Path, capacity: usize) -> (Self, watch::Receiver<Cursor>) {
        let (last, receiver) = watch::channel(Cursor::default());
        let store = Self {
            path: path.to_owned(),
            capacity: capacity.max(1) as u64,
            state: Mutex::default(),
            closed: Arc::default(),
            last,
        };
        (store, receiver)
    }

    /// Opens the file. Returns whether the file is open. If not, another server has it open.
    pub(super) fn try_open(&self) -> Result<bool, LogError> {
        match self.try_handle() {
            Ok(_) => Ok(true),
            Err(failure) if is_locked(&failure) => Ok(false),
            Err(failure) => Err(self.describe(&failure)),
        }
    }

    /// Calls `work` with the database. A failure closes the file.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, Failure>,
    ) -> Result<T, LogError> {
        let result = self.try_handle().and_then(|handle| {
            let database = handle.database.as_ref().ok_or("the file is closed")?;
            contain(|| work(database)).inspect_err(|_| self.close(&handle))
        });
        result.map_err(|failure| self.describe(&failure))
    }

    /// Stores events and returns the id of the last one.
    pub(super) fn append(&self, drafts: &[Draft]) -> Result<Cursor, LogError> {
        let last = self.with(|database| {
            tables::append(database, *self.last.borrow(), drafts, self.capacity)
        })?;
        let mut state = self.state();
        // Another call may have opened the file again, with a new epoch.
        if last > *self.last.borrow() {
            let file = state.file;
            if let (Some(head), Some(file)) = (&mut state.head, file) {
                head.write(last, file);
            }
            self.last.send_replace(last);
        }
        Ok(last)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change under this lock replaces one member, so a poisoned lock is usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, handle: &Arc<Handle>) {
        let mut state = self.state();
        // Another call may have opened the file again already.
        if state
            .handle
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, handle))
        {
            state.close();
        }
    }

    /// Returns the open file. Opens the file if it is closed, or if another program changed it.
    fn try_handle(&self) -> Result<Arc<Handle>, Failure> {
        let mut state = self.state();
        if let Some(handle) = &state.handle {
            let file = state.file;
            if file.is_some_and(|file| handle.watch.is_intact(&self.path, file)) {
                return Ok(Arc::clone(handle));
            }
            tracing::warn!(
                "Another program changed the event log {}. The server opens it again.",
                self.path.display()
            );
            handle.watch.freeze();
            state.close();
        }
        let waited = self
            .closed
            .wait_timeout_while(state, CLOSE_TIMEOUT, |state| state.is_closing());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // Another call may have opened the file during the wait.
        if let Some(handle) = &state.handle {
            return Ok(Arc::clone(handle));
        }
        let handle = Arc::new(self.open(&mut state)?);
        state.handle = Some(Arc::clone(&handle));
        Ok(handle)
    }

    fn open(&self, state: &mut State) -> Result<Handle, Failure> {
        let file = open_file(&self.path)?;
        let id = FileId::of(&file.metadata()?);
        let (backend, watch) = Backend::new(file)?;
        let database = contain(|| open_database(backend))?;
        let handle = Handle {
            database: Some(database),
            watch,
            closed: Arc::clone(&self.closed),
        };
        let mut head = Head::open(&self.path);
        let last = *self.last.borrow();
        let (beside, file) = head.newest().unzip();
        let expected = Expected {
            newest: beside.max((last != Cursor::default()).then_some(last)),
            is_same_file: state.file.or(file).map(|before| before == id),
        };
        let database = handle.database.as_ref().ok_or("the file is closed")?;
        let (newest, change) = contain(|| tables::prepare(database, expected))?;
        if let Some(change) = change {
            tracing::error!(
                %newest,
                "The event log {} {change}. A new epoch begins, and every client gets a `gap`.",
                self.path.display()
            );
        }
        head.write(newest, id);
        state.head = Some(head);
        state.file = Some(id);
        self.last.send_replace(newest);
        Ok(handle)
    }

    /// Describes a failure, and what to do about it.
    pub(super) fn describe(&self, failure: &Failure) -> LogError {
        let advice = if is_locked(failure) {
            "Another server has the file open. Stop that server, or give each server its own file"
        } else if is_damaged(failure) {
            "The file is damaged, or is no event log. Restore a copy, or move the file away to begin \
             a new log"
        } else {
            "Check the free space and the permissions of the disk"
        };
        LogError(format!("{}: {failure}. {advice}", self.path.display()))
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path)
}

/// Opens the database and checks all of its content, because redb does not check pages when it reads
/// them.
fn open_database(backend: Backend) -> Result<Database, Failure> {
    let mut database = Builder::new().create_with_backend(backend)?;
    if !database.check_integrity()? {
        tracing::warn!("The event log was repaired");
    }
    Ok(database)
}

fn is_locked(failure: &Failure) -> bool {
    matches!(
        failure.downcast_ref(),
        Some(DatabaseError::DatabaseAlreadyOpen)
    )
}

/// Returns whether the cause is the content of the file, and not the disk.
fn is_damaged(failure: &Failure) -> bool {
    use io::ErrorKind::{InvalidData, UnexpectedEof};
    match storage_error(failure) {
        Some(StorageError::Io(error)) => matches!(error.kind(), InvalidData | UnexpectedEof),
        Some(StorageError::PreviousIo) => false,
        Some(_) => true,
        None => !failure.is::<io::Error>(),
    }
}

/// Returns the error that each of redb's error types may contain.
fn storage_error(failure: &Failure) -> Option<&StorageError> {
    if let Some(TableError::Storage(error)) = failure.downcast_ref() {
        return Some(error);
    }
    if let Some(TransactionError::Storage(error)) = failure.downcast_ref() {
        return Some(error);
    }
    match (failure.downcast_ref(), failure.downcast_ref()) {
        (Some(DatabaseError::Storage(error)), _) | (_, Some(CommitError::Storage(error))) => {
            Some(error)
        }
        _ => failure.downcast_ref(),
    }
}
