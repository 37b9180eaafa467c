//! One follower of the log file for all clients, like `tail -F`: it survives rotation and
//! truncation, and never cuts a line in half.

use std::io::{self, SeekFrom};
use std::path::Path;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::sleep;

use crate::hub::Hub;
use crate::log::Draft;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Lines shown of what was there before, as `tail` does.
pub(crate) const FIRST_LINES: u64 = 10;
/// Bytes at the end of the file in which those lines are looked for.
const FIRST_BYTES: u64 = 64 * 1024;
/// A line longer than this is passed on in parts: memory must stay bounded.
const MAX_LINE: usize = 1024 * 1024;
/// Bytes read at once.
const BLOCK: usize = 64 * 1024;

/// Publishes the file's lines until it is dropped.
pub(crate) async fn follow(path: &Path, lines: &Hub) {
    let mut is_first = true;
    loop {
        match open(path, is_first).await {
            Ok(tail) => {
                is_first = false;
                if let Err(error) = tail.until_replaced(path, lines).await {
                    tracing::warn!(%error, path = %path.display(), "the log file cannot be read");
                }
            }
            // Not there yet, or just being rotated: whatever comes is new from its first line.
            Err(_) => is_first = false,
        }
        sleep(LOOK).await;
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

/// What tells a file from the one that takes its place.
#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> u64 {
    // Rotation by rename is then only seen as a truncation.
    0
}

struct Tail {
    file: File,
    identity: u64,
    offset: u64,
    lines: Lines,
}

impl Tail {
    /// Reads on until another file has taken the name; the old one is read to its end first,
    /// because its writer may have gone on after the rename.
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
                sleep(LOOK).await;
            }
        }
    }

    /// Passes one block on; false at the end of the file.
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
        // The log of lines is in memory, and data can always be framed: it cannot fail.
        let _ = hub.publish(draft).await;
    }
}

/// Bytes in, whole lines out.
#[derive(Default)]
struct Lines {
    /// The beginning of a line whose end was not written yet.
    rest: Vec<u8>,
    /// Only the last few lines of what was there before are passed on.
    skip_old: bool,
    /// The first line is the end of one whose beginning was not read.
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

    /// The line begun, if any. Empty lines say nothing and are left out, as in the textbook.
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
    fn a_line_is_whole_however_it_was_written() {
        let mut lines = Lines::default();
        assert!(lines.add("caf\u{e9} ".as_bytes()).is_empty());
        assert_eq!(lines.add(b"one\r\n\ntwo\nthr"), ["caf\u{e9} one", "two"]);
        assert_eq!(lines.finish(), ["thr"]);
    }

    #[test]
    fn an_endless_line_is_passed_on_in_parts() {
        let mut lines = Lines::default();
        let block = vec![b'x'; BLOCK];
        let passed: usize = (0..40).map(|_| lines.add(&block).len()).sum();
        assert!(passed >= 2 && lines.rest.len() < MAX_LINE + BLOCK);
    }
}
