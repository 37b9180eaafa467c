//! The access of redb to the log file. It notices changes by other programs.

use std::fmt::{self, Debug, Display, Formatter};
use std::fs::{File, Metadata, metadata};
use std::io;
use std::num::ParseIntError;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use redb::StorageBackend;
use redb::backends::FileBackend;

/// The number of the file that a path names. A copy has another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId(u64);

impl Display for FileId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl FromStr for FileId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl FileId {
    #[cfg(unix)]
    pub(super) fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(file.ino())
    }

    /// Other systems do not let a program replace a file that is open.
    #[cfg(not(unix))]
    pub(super) fn of(_file: &Metadata) -> Self {
        Self(0)
    }
}

/// Length and time of the last change.
type Stamp = (u64, Option<SystemTime>);

fn stamp(file: &Metadata) -> Stamp {
    (file.len(), file.modified().ok())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// redb has written nothing since this stamp.
    Flushed(Stamp),
    /// redb is writing, so a new stamp is expected.
    Writing,
    /// Another program changed the file. redb must not write into it.
    Frozen,
}

/// The state that a [`Backend`] shares with its store.
#[derive(Clone)]
pub(super) struct Watch(Arc<Mutex<State>>);

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the path still names this file, without changes by another program.
    pub(super) fn is_intact(&self, path: &Path, file: FileId) -> bool {
        // Writes wait for this lock, so that the stamp cannot become old before it is compared.
        let state = self.state();
        let Ok(found) = metadata(path) else {
            return false;
        };
        let is_changed = matches!(*state, State::Flushed(before) if before != stamp(&found));
        FileId::of(&found) == file && !is_changed
    }

    /// Rejects all later writes. Closing a database writes too, and would damage a replaced file.
    pub(super) fn freeze(&self) {
        *self.state() = State::Frozen;
    }
}

/// A file that refuses writes once it is frozen.
pub(super) struct Backend {
    file: FileBackend,
    stamps: File,
    watch: Watch,
}

impl Backend {
    /// Locks the file. Fails if another process has locked it.
    pub(super) fn new(file: File) -> Result<(Self, Watch), super::Failure> {
        let stamps = file.try_clone()?;
        let state = State::Flushed(stamp(&stamps.metadata()?));
        let watch = Watch(Arc::new(Mutex::new(state)));
        let backend = Self {
            file: FileBackend::new(file)?,
            stamps,
            watch: watch.clone(),
        };
        Ok((backend, watch))
    }

    fn begin_write(&self) -> io::Result<()> {
        let mut state = self.watch.state();
        if *state == State::Frozen {
            return Err(io::Error::other("another program changed the file"));
        }
        *state = State::Writing;
        Ok(())
    }
}

impl Debug for Backend {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.file.fmt(f)
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        // A damaged length must not reserve memory that the file cannot fill.
        let end = offset.checked_add(len as u64);
        if end.is_none_or(|end| self.file.len().is_ok_and(|length| end > length)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.read(offset, len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.begin_write()?;
        self.file.set_len(len)
    }

    fn sync_data(&self, eventual: bool) -> io::Result<()> {
        self.file.sync_data(eventual)?;
        let mut state = self.watch.state();
        if *state == State::Writing {
            *state = State::Flushed(stamp(&self.stamps.metadata()?));
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.begin_write()?;
        self.file.write(offset, data)
    }
}
