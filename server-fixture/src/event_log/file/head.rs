//! The newest id of a log file, in a small file beside it, and the file that it belongs to.
//!
//! A log file that is restored from a copy looks like a valid log. Only the id beside it shows that
//! the log once was longer. The number of the file shows that both files are copies. The text is
//! written after each commit, and never flushed: an older id is harmless.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::backend::FileId;
use crate::event_log::cursor::Cursor;

/// The width of the text. A fixed width means that each write replaces the whole text.
const WIDTH: usize = 64;

/// The file beside a log file.
pub(super) struct Head {
    /// `None` if the file cannot be written. The next start then begins a new epoch.
    file: Option<File>,
    newest: Option<(Cursor, FileId)>,
}

/// Returns the path beside `log`: `events.redb.head` for `events.redb`.
fn path_beside(log: &Path) -> PathBuf {
    let mut path = OsString::from(log);
    path.push(".head");
    path.into()
}

impl Head {
    /// Opens the file beside `log`.
    pub(super) fn open(log: &Path) -> Self {
        let path = path_beside(log);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(|error| {
            tracing::warn!(
                %error,
                "{} cannot be written. Make it writable, or the next start begins a new epoch.",
                path.display()
            );
        });
        let mut file = file.ok();
        let mut text = String::new();
        let read = file
            .as_mut()
            .and_then(|file| file.read_to_string(&mut text).ok());
        let newest = read.and_then(|_| parse(&text));
        Self { file, newest }
    }

    /// Returns the id and the file that it belongs to. `None` if there is none.
    pub(super) fn newest(&self) -> Option<(Cursor, FileId)> {
        self.newest
    }

    /// Replaces the id.
    pub(super) fn write(&mut self, newest: Cursor, log: FileId) {
        let text = format!("{newest} {log}");
        let text = format!("{text:<width$}\n", width = WIDTH - 1);
        let Some(file) = &mut self.file else { return };
        let written = file.rewind().and_then(|()| file.write_all(text.as_bytes()));
        if let Err(error) = written {
            tracing::debug!(%error, "The newest id was not written beside the log");
        }
        self.newest = Some((newest, log));
    }
}

fn parse(text: &str) -> Option<(Cursor, FileId)> {
    let (newest, log) = text.trim().split_once(' ')?;
    Some((newest.parse().ok()?, log.parse().ok()?))
}
