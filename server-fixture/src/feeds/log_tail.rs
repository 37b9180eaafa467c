//! Follows a log file like `tail -F`, once for all clients. It handles rotation and truncation, and
//! publishes only whole lines.

use std::io::{self, SeekFrom};
use std::path::Path;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::sleep;

use crate::event_log::Draft;
use crate::event_log::hub::Hub;

/// The interval between two reads of the file.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Existing lines that are published at the start, as `tail` does.
pub(crate) const FIRST_LINES: u64 = 10;
/// Bytes at the end of the file that are searched for these lines.
const FIRST_BYTES: u64 = 64 * 1024;
/// Longest line, in bytes. A longer line is published in parts, so that memory stays bounded.
const MAX_LINE: usize = 1024 * 1024;
/// Bytes per read.
const BLOCK: usize = 64 * 1024;

/// Publishes the lines of the file until the task is dropped.
pub(crate) async fn follow(path: &Path, lines: &Hub) {
    let mut is_first = true;
    loop {
        match open(path, is_first).await {
            Ok(tail) => {
                is_first = false;
                if let Err(error) = tail.until_replaced(path, lines).await {
                    tracing::warn!(%error, path = %path.display(), "The log file was not read. Check that it exists and is readable.");
                }
            }
            // The file does not exist yet, or a rotation is in progress. All lines of the next file
            // are new.
            Err(_) => is_first = false,
        }
        sleep(POLL_INTERVAL).await;
    }
}

async fn open(path: &Path, is_first: bool) -> io::Result<Tail> {
    let mut file = File::open(path).await?;
    let metadata = file.metadata().await?;
    let mut lines = Lines::default();
    let mut offset = 0;
    if is_first {
        offset = metadata.len().saturating_sub(FIRST_BYTES);
        file.seek(SeekFrom::Start(offset)).await?;
        lines.skip_old = true;
        lines.skip_half = offset > 0;
    }
    Ok(Tail {
        file,
        identity: identity(&metadata),
        offset,
        lines,
    })
}

/// Returns the inode, which distinguishes a file from its replacement.
#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> u64 {
    // Without an inode, a rotation by rename is only detected as a truncation.
    0
}

struct Tail {
    file: File,
    identity: u64,
    offset: u64,
    lines: Lines,
}

impl Tail {
    /// Reads until another file replaces this one. The old file is read to its end first, because
    /// its writer may write after the rename.
    async fn until_replaced(mut self, path: &Path, hub: &Hub) -> io::Result<()> {
        let mut block = vec![0; BLOCK];
        loop {
            let named = tokio::fs::metadata(path).await;
            let is_replaced = named.is_ok_and(|named| identity(&named) != self.identity);
            while self.read(&mut block, hub).await? {}
            self.lines.skip_old = false;
            if is_replaced {
                publish(hub, self.lines.finish()).await;
                return Ok(());
            }
            if self.file.metadata().await?.len() < self.offset {
                self.file.seek(SeekFrom::Start(0)).await?;
                (self.offset, self.lines) = (0, Lines::default());
            } else {
                sleep(POLL_INTERVAL).await;
            }
        }
    }

    /// Publishes the lines of one block. Returns false at the end of the file.
    async fn read(&mut self, block: &mut [u8], hub: &Hub) -> io::Result<bool> {
        let count = self.file.read(block).await?;
        self.offset += count as u64;
        publish(hub, self.lines.add(&block[..count])).await;
        Ok(count > 0)
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

/// Splits bytes into whole lines.
#[derive(Default)]
struct Lines {
    /// The beginning of an incomplete line.
    rest: Vec<u8>,
    /// Set while existing lines are read: only the last few are published.
    skip_old: bool,
    /// Set if reading began inside a line: the first line is incomplete.
    skip_half: bool,
}

impl Lines {
    fn add(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.rest.len() >= MAX_LINE {
                lines.extend(self.finish());
            }
        }
        if self.skip_old {
            let surplus = lines
                .len()
                .saturating_sub(usize::try_from(FIRST_LINES).unwrap_or(0));
            lines.drain(..surplus);
        }
        lines
    }

    /// Returns the current line, if any. Empty lines are skipped.
    fn finish(&mut self) -> Vec<String> {
        let bytes = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skip_half) {
            return Vec::new();
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() {
            Vec::new()
        } else {
            vec![line.to_owned()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_even_if_they_are_written_in_parts() {
        let mut lines = Lines::default();
        assert!(lines.add("caf\u{e9} ".as_bytes()).is_empty());
        assert_eq!(lines.add(b"one\r\n\ntwo\nthr"), ["caf\u{e9} one", "two"]);
        assert_eq!(lines.finish(), ["thr"]);
    }

    #[test]
    fn lines_longer_than_the_limit_are_published_in_parts() {
        let mut lines = Lines::default();
        let block = vec![b'x'; BLOCK];
        let passed: usize = (0..40).map(|_| lines.add(&block).len()).sum();
        assert!(passed >= 2 && lines.rest.len() < MAX_LINE + BLOCK);
    }
}
