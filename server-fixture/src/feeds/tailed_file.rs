//! Reads the new bytes of a log file, and detects that the file was rewritten. All calls block.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes at the end of an existing file that are searched for its last lines.
const FIRST_BYTES: u64 = 64 * 1024;
/// Bytes per read.
const BLOCK: usize = 64 * 1024;
/// Bytes of the beginning of a file, and bytes before the position, that are compared to detect that
/// a file was rewritten. The size alone does not show it if the new content is longer.
const SAMPLE: usize = 256;

/// Distinguishes a file from its replacement: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

#[cfg(unix)]
pub(super) fn file_id(metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    FileId(metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn file_id(_: &Metadata) -> FileId {
    // Without an inode, a rotation by rename is not detected.
    FileId(0, 0)
}

/// The result of one read.
pub(super) enum Block {
    Bytes(Vec<u8>),
    /// There are no new bytes yet.
    End,
    /// The file was truncated or rewritten. The next read begins at its start.
    Rewritten,
}

/// An open log file, or a named pipe.
pub(super) struct TailedFile {
    file: File,
    id: FileId,
    /// A pipe has no positions.
    is_pipe: bool,
    offset: u64,
    /// Whether the first bytes were there before the server.
    is_existing: bool,
    /// The first bytes of the file.
    head: Vec<u8>,
    /// The bytes before `offset`.
    tail: Vec<u8>,
}

impl TailedFile {
    /// Opens a file or a named pipe. With `is_existing`, reading begins near its end.
    pub(super) fn open(path: &Path, is_existing: bool) -> io::Result<Self> {
        let file = open_without_waiting(path)?;
        let metadata = file.metadata()?;
        let is_pipe = is_pipe(&metadata);
        if !is_pipe && !metadata.is_file() {
            let error = "it is neither a file nor a named pipe";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let mut opened = Self {
            file,
            id: file_id(&metadata),
            is_pipe,
            offset: 0,
            is_existing: is_existing && !is_pipe,
            head: Vec::new(),
            tail: Vec::new(),
        };
        if opened.is_existing && metadata.len() > FIRST_BYTES {
            opened.offset = metadata.len() - FIRST_BYTES;
            opened.head = opened.read_at(0, SAMPLE)?;
        }
        Ok(opened)
    }

    pub(super) fn id(&self) -> FileId {
        self.id
    }

    pub(super) fn has_existing_lines(&self) -> bool {
        self.is_existing
    }

    /// Returns whether reading begins inside a line.
    pub(super) fn begins_inside(&self) -> bool {
        self.offset > 0
    }

    /// Reads the next bytes.
    pub(super) fn read_block(&mut self) -> io::Result<Block> {
        if self.is_pipe {
            return self.read_pipe();
        }
        let bytes = self.read_at(self.offset, BLOCK)?;
        // Compare after the read. The file may have been rewritten just before.
        if !self.is_unchanged()? {
            (self.offset, self.head, self.tail) = (0, Vec::new(), Vec::new());
            return Ok(Block::Rewritten);
        }
        if bytes.is_empty() {
            return Ok(Block::End);
        }
        self.advance(&bytes);
        Ok(Block::Bytes(bytes))
    }

    fn read_pipe(&mut self) -> io::Result<Block> {
        let mut block = vec![0; BLOCK];
        let count = match self.file.read(&mut block) {
            // A writer is connected and has written nothing.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            read => read?,
        };
        block.truncate(count);
        Ok(if block.is_empty() {
            Block::End
        } else {
            Block::Bytes(block)
        })
    }

    fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::with_capacity(length);
        (&self.file).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn is_unchanged(&mut self) -> io::Result<bool> {
        let head = self.read_at(0, self.head.len())?;
        let tail_start = self.offset - self.tail.len() as u64;
        let tail = self.read_at(tail_start, self.tail.len())?;
        let is_long_enough = self.file.metadata()?.len() >= self.offset;
        Ok(is_long_enough && head == self.head && tail == self.tail)
    }

    fn advance(&mut self, bytes: &[u8]) {
        if self.offset == self.head.len() as u64 {
            let missing = SAMPLE.saturating_sub(self.head.len());
            self.head
                .extend_from_slice(&bytes[..missing.min(bytes.len())]);
        }
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(SAMPLE));
        self.offset += bytes.len() as u64;
    }
}

/// Opens a file for reading. A named pipe without a writer, or a device, does not block the call.
fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}
