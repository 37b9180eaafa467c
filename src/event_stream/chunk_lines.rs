//! The lines of a chunk, which stays in the memory of the caller.

use core::ops::Range;

use super::line_ends::{BLOCK, line_ends};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The number of blocks without a line end after which a line counts as long.
const SHORT: usize = 2;

/// Splits chunks into lines ([WHATWG HTML §9.2.6]). A line ends with CRLF, LF or CR. One leading byte
/// order mark is skipped.
///
/// Each method receives the same chunk until the next one [begins](Self::begin).
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug, Default)]
pub(super) struct ChunkLines {
    /// The start of the current line.
    line: usize,
    /// The end of the searched bytes. It can be up to a block behind the end of the chunk.
    searched: usize,
    /// The line ends that were found but not returned. The highest bit is the byte before `searched`.
    ends: u64,
    /// Whether the last chunk ended with CR, so that a LF after it belongs to the same line end. The line
    /// was returned at once, because the next chunk may arrive much later.
    is_after_carriage_return: bool,
    /// The length of the start of a byte order mark; `None` after the start of the stream.
    byte_order_mark: Option<usize>,
    /// The number of bytes searched, by which a test proves linear time.
    #[cfg(test)]
    pub(super) work: usize,
}

impl ChunkLines {
    /// The start of a stream.
    pub(super) fn new() -> Self {
        Self {
            byte_order_mark: Some(0),
            ..Self::default()
        }
    }

    /// Begins a chunk. Returns bytes before it that belong to its first line: they looked like a byte
    /// order mark.
    pub(super) fn begin(&mut self, chunk: &[u8]) -> &'static [u8] {
        self.go_to(0);
        if self.is_after_carriage_return && !chunk.is_empty() {
            self.is_after_carriage_return = false;
            self.go_to(usize::from(chunk[0] == b'\n'));
        }
        self.byte_order_mark
            .map_or(b"", |len| self.skip_byte_order_mark(chunk, len))
    }

    /// Returns the next complete line without its line end.
    #[inline(always)]
    pub(super) fn next(&mut self, chunk: &[u8]) -> Option<Range<usize>> {
        if self.ends == 0 && !self.search(chunk) {
            return None;
        }
        let end = self.searched + self.ends.trailing_zeros() as usize - BLOCK;
        let line = self.line..end;
        self.ends &= self.ends - 1;
        self.line = end + 1;
        if chunk.get(end) == Some(&b'\r') {
            self.skip_line_feed(chunk);
        }
        Some(line)
    }

    /// Skips the next line and returns `true` if it is blank and ends with LF.
    #[inline(always)]
    pub(super) fn take_blank_line(&mut self, chunk: &[u8]) -> bool {
        let is_blank = chunk.get(self.line) == Some(&b'\n');
        if is_blank {
            self.skip_end();
        }
        is_blank
    }

    /// Returns the bytes after the last complete line, once.
    pub(super) fn take_rest<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        let rest = chunk.get(self.line..).unwrap_or_default();
        self.line += rest.len();
        rest
    }

    /// Skips the second half of CRLF.
    fn skip_line_feed(&mut self, chunk: &[u8]) {
        match chunk.get(self.line) {
            Some(b'\n') => self.skip_end(),
            Some(_) => {}
            None => self.is_after_carriage_return = true,
        }
    }

    /// Skips the line end at the start of the current line.
    #[inline(always)]
    fn skip_end(&mut self) {
        self.line += 1;
        if self.ends == 0 {
            self.searched = self.searched.max(self.line);
        } else {
            self.ends &= self.ends - 1;
        }
    }

    /// Searches until line ends are found. Returns `false` at the end of the chunk.
    #[inline(always)]
    fn search(&mut self, chunk: &[u8]) -> bool {
        for _ in 0..SHORT {
            match self.search_block(chunk) {
                Some(false) => {}
                Some(true) => return true,
                None => return self.search_end(chunk),
            }
        }
        self.search_long_line(chunk)
    }

    /// Searches the next block, and returns whether it has line ends. Returns `None` if fewer bytes are
    /// left.
    #[inline(always)]
    fn search_block(&mut self, chunk: &[u8]) -> Option<bool> {
        let block = chunk.get(self.searched..)?.first_chunk()?;
        Some(self.find_ends(block))
    }

    #[inline(always)]
    fn find_ends(&mut self, block: &[u8; BLOCK]) -> bool {
        self.ends = line_ends(block);
        self.searched += BLOCK;
        self.note_work(BLOCK);
        self.ends != 0
    }

    #[inline(never)]
    fn search_long_line(&mut self, chunk: &[u8]) -> bool {
        let start = self.searched;
        while let Some(block) = chunk.get(self.searched..).and_then(|it| it.first_chunk())
            && !may_have_line_ends(block)
        {
            self.searched += block.len();
        }
        self.note_work(self.searched - start);
        loop {
            match self.search_block(chunk) {
                Some(false) => {}
                Some(true) => return true,
                None => return self.search_end(chunk),
            }
        }
    }

    /// Searches the last bytes of the chunk, which are fewer than a block.
    #[inline(never)]
    fn search_end(&mut self, chunk: &[u8]) -> bool {
        let rest = chunk.get(self.searched..).unwrap_or_default();
        let mut block = [0; BLOCK];
        match block.get_mut(..rest.len()) {
            Some(start) if !rest.is_empty() => start.copy_from_slice(rest),
            _ => return false,
        }
        self.find_ends(&block)
    }

    fn go_to(&mut self, offset: usize) {
        self.line = offset;
        self.searched = offset;
        self.ends = 0;
    }

    /// Skips a byte order mark, of which `len` bytes were before this chunk.
    #[cold]
    fn skip_byte_order_mark(&mut self, chunk: &[u8], len: usize) -> &'static [u8] {
        let (found, missing) = BYTE_ORDER_MARK.split_at(len);
        let matching = missing.iter().zip(chunk).take_while(|(a, b)| a == b);
        let matching = matching.count();
        if matching == missing.len() {
            self.byte_order_mark = None;
            self.go_to(matching);
        } else if matching == chunk.len() {
            self.byte_order_mark = Some(len + matching);
            self.go_to(matching);
        } else {
            self.byte_order_mark = None;
            return found;
        }
        b""
    }

    #[cfg(test)]
    fn note_work(&mut self, bytes: usize) {
        self.work += bytes;
    }

    #[cfg(not(test))]
    fn note_work(&self, _bytes: usize) {}
}

/// Returns `false` for most blocks of a long line, because line ends are smaller than the bytes of text.
/// To find the smallest byte takes half as many vector instructions as to find line ends.
#[inline(always)]
fn may_have_line_ends(block: &[u8; 2 * BLOCK]) -> bool {
    block.iter().fold(u8::MAX, |least, byte| least.min(*byte)) <= b'\r'
}
