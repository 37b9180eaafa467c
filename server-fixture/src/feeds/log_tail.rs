//! Follows a log file like `tail -F`, once for all clients. It handles rotation and truncation, and
//! publishes only whole lines.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::lines::{Lines, MAX_EXISTING_LINES};
use super::name_history::NameHistory;
use super::tailed_file::{Block, FileId, TailedFile, file_id};
use crate::event_log::Draft;
use crate::event_log::hub::Hub;

/// Existing lines that are published at the start, as `tail` does.
pub(crate) const FIRST_LINES: u64 = MAX_EXISTING_LINES as u64;
/// The interval between two reads of the file.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The time without new lines after which a file that was replaced is closed. Its writer may use it
/// for a while before it opens the new file.
const RETIRE_AFTER: Duration = Duration::from_secs(3);

/// Publishes the lines of the file until the task is dropped.
pub(crate) async fn follow(path: &Path, hub: &Hub) {
    let mut tail = LogTail::default();
    loop {
        tail.poll(path, hub).await;
        sleep(POLL_INTERVAL).await;
    }
}

/// One open file, and the incomplete line at its end.
struct Follower {
    /// `None` only while a blocking task reads the file.
    file: Option<TailedFile>,
    id: FileId,
    lines: Lines,
    /// The time of the last new bytes, or of the replacement.
    changed: Instant,
}

/// The file with the tailed name, and the files that had this name before.
#[derive(Default)]
struct LogTail {
    current: Option<Follower>,
    /// Oldest first.
    replaced: Vec<Follower>,
    history: NameHistory,
    /// Set after the first attempt to open the file. All lines of a later file are new.
    was_polled: bool,
    /// The last error that was logged, so that an error is logged once.
    last_error: Option<String>,
}

impl LogTail {
    /// Publishes all new lines.
    async fn poll(&mut self, path: &Path, hub: &Hub) {
        let result = self.try_poll(path, hub).await;
        self.was_polled = true;
        let error = result.err().map(|error| error.to_string());
        if let Some(error) = &error
            && self.last_error.as_ref() != Some(error)
        {
            let path = path.display();
            tracing::warn!(%error, %path, "The log file was not read. Check that it is a readable file.");
        }
        self.last_error = error;
    }

    async fn try_poll(&mut self, path: &Path, hub: &Hub) -> io::Result<()> {
        let named = tokio::fs::metadata(path).await;
        // The lines of replaced files come first. A file that cannot be read is not tried again.
        for mut follower in std::mem::take(&mut self.replaced) {
            if follower.publish_new(hub).await.is_ok() && !follower.has_retired() {
                self.replaced.push(follower);
            } else {
                publish(hub, follower.lines.finish()).await;
            }
        }
        let mut result = Ok(());
        let mut opened = None;
        if let Some(current) = &mut self.current {
            result = current.publish_new(hub).await;
        }
        // Without a file of this name, a rotation is in progress. Wait for the new file.
        let current = self.current.as_ref().map(|current| current.id);
        if current.is_none() || named.is_ok_and(|named| current != Some(file_id(&named))) {
            opened = Some(Follower::open(path, !self.was_polled).await?);
        }
        // Look at the history after opening, so that the history covers every earlier file.
        let earlier = self.earlier_files(path, opened.as_ref(), hub).await;
        if let Some(opened) = opened {
            if let Some(mut replaced) = self.current.replace(opened) {
                replaced.changed = Instant::now();
                self.replaced.push(replaced);
            }
            self.replaced.extend(earlier);
            result = match &mut self.current {
                Some(current) => current.publish_new(hub).await,
                None => Ok(()),
            };
        } else {
            self.replaced.extend(earlier);
        }
        result
    }

    /// Opens the files that had the tailed name since the last poll and are not open yet, and publishes
    /// their lines. A file that cannot be opened was deleted.
    async fn earlier_files(
        &mut self,
        path: &Path,
        opened: Option<&Follower>,
        hub: &Hub,
    ) -> Vec<Follower> {
        let mut earlier: Vec<Follower> = Vec::new();
        for path in self.history.earlier_files(path) {
            let Ok(mut file) = Follower::open(&path, false).await else {
                continue;
            };
            let mut open = self.replaced.iter().chain(&self.current).chain(&earlier);
            if open.any(|it| it.id == file.id) || opened.is_some_and(|it| it.id == file.id) {
                continue;
            }
            // An error only means that the file is not read further.
            if file.publish_new(hub).await.is_ok() {
                earlier.push(file);
            }
        }
        earlier
    }
}

impl Follower {
    async fn open(path: &Path, is_first: bool) -> io::Result<Self> {
        let path = path.to_owned();
        let file = spawn_blocking(move || TailedFile::open(&path, is_first));
        let file = file.await.map_err(io::Error::other)??;
        Ok(Self {
            id: file.id(),
            lines: Lines::new(file.has_existing_lines(), file.begins_inside()),
            file: Some(file),
            changed: Instant::now(),
        })
    }

    /// Publishes the lines up to the end of the file.
    async fn publish_new(&mut self, hub: &Hub) -> io::Result<()> {
        loop {
            match self.read().await? {
                Block::Bytes(bytes) => {
                    self.changed = Instant::now();
                    publish(hub, self.lines.add(&bytes)).await;
                }
                Block::End => {
                    self.lines.end_of_existing();
                    return Ok(());
                }
                // An incomplete line of the old content is never completed.
                Block::Rewritten => self.lines = Lines::default(),
            }
        }
    }

    async fn read(&mut self) -> io::Result<Block> {
        let Some(mut file) = self.file.take() else {
            return Err(io::Error::other("the last read was interrupted"));
        };
        let read = spawn_blocking(move || (file.read_block(), file)).await;
        let (block, file) = read.map_err(io::Error::other)?;
        self.file = Some(file);
        block
    }

    fn has_retired(&self) -> bool {
        self.changed.elapsed() >= RETIRE_AFTER
    }
}

async fn publish(hub: &Hub, lines: Vec<String>) {
    for data in lines {
        let draft = Draft {
            event_type: String::new(),
            data,
            to: None,
        };
        // The log of lines is in memory and any data can be encoded, so this cannot fail.
        let _ = hub.publish(draft).await;
    }
}
