//! The received bytes, and the lines in them.

use alloc::vec::Vec;
use core::ops::Range;

use super::line_ends::{BLOCK, line_ends};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Splits the received bytes into lines ([WHATWG HTML §9.2.6]). A line ends with CRLF, LF or CR. One
/// leading byte order mark is skipped.
///
/// The bytes before the current line belong to the caller, who keeps the data buffer of the current
/// event there. A value is therefore moved at most once. A line end always follows it, so that no
/// decoder joins a truncated character with the bytes after it.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    /// The bytes, followed by at least [`BLOCK`] bytes of any value: the search reads whole blocks.
    bytes: Vec<u8>,
    len: usize,
    /// The start of the current line.
    line: usize,
    /// The end of the searched bytes. A line that arrives in many chunks is searched once.
    ///
    /// Invariant: `line <= searched <= len`, unless `ends` has line ends left before `line`.
    searched: usize,
    /// The line ends that were found but not returned. The highest bit is the byte before `searched`.
    ends: u64,
    /// Whether the last line ended with CR, so that a LF after it belongs to the same line end. The line
    /// was returned at once, because the next byte may arrive much later.
    is_after_carriage_return: bool,
    is_past_byte_order_mark: bool,
    /// The number of bytes searched or moved, by which a test proves linear time.
    #[cfg(test)]
    pub(super) work: usize,
}

impl LineBuffer {
    /// Drops the bytes before the current line, except `keep` and its line end. Moves these to the
    /// front, and the unread bytes after them. Bytes that are already in place do not move: a long event
    /// in small chunks is moved once, not for each chunk.
    pub(super) fn compact(&mut self, keep: Option<Range<usize>>) -> Option<Range<usize>> {
        let kept = keep.map(|keep| {
            if keep.start > 0 {
                self.note_work(keep.len());
                self.bytes.copy_within(keep.start..=keep.end, 0);
            }
            0..keep.len()
        });
        let behind = kept.as_ref().map_or(0, |kept| kept.end + 1);
        let gap = self.line - behind;
        if gap > 0 {
            self.note_work(self.len - self.line);
            self.bytes.copy_within(self.line..self.len, behind);
            self.len -= gap;
            self.line -= gap;
            self.searched -= gap;
        }
        kept
    }

    /// Returns room for `additional` bytes, with any contents. The bytes are part of the buffer once
    /// they are [added](Self::add).
    pub(super) fn room(&mut self, additional: usize) -> &mut [u8] {
        let end = self.len + additional;
        if self.bytes.len() < end + BLOCK {
            self.bytes.resize(end + BLOCK, 0);
        }
        &mut self.bytes[self.len..end]
    }

    /// Adds the first bytes of the room to the buffer.
    pub(super) fn add(&mut self, additional: usize) {
        self.len = (self.len + additional).min(self.bytes.len().saturating_sub(BLOCK));
        if !self.is_past_byte_order_mark {
            self.skip_byte_order_mark();
        }
    }

    /// Returns the next complete line without its line end, or `None` until more bytes arrive.
    #[inline(always)]
    pub(super) fn next_line(&mut self) -> Option<Range<usize>> {
        loop {
            let line = self.line..self.next_end()?;
            let is_line_feed = self.bytes[line.end] == b'\n';
            let is_second_half = is_line_feed && self.is_after_carriage_return && line.is_empty();
            self.is_after_carriage_return = !is_line_feed;
            self.line = line.end + 1;
            if !is_second_half {
                return Some(line);
            }
        }
    }

    /// Takes the next blocks of lines while each is one line of data and a blank line, both ending with LF.
    /// Most streams consist of such blocks. Calls `take` with the value of each. Stops before a line that
    /// is longer than `limit`.
    ///
    /// The state is in local variables, because the compiler would write each change of a field to memory.
    #[cfg(any(test, all(feature = "npm", target_arch = "wasm32")))]
    #[inline(always)]
    pub(super) fn take_data_blocks(&mut self, limit: usize, mut take: impl FnMut(Range<usize>)) {
        const DATA: u64 = u64::from_le_bytes(*b"data:\0\0\0");
        const FIVE_BYTES: u64 = (1 << 40) - 1;

        if self.is_after_carriage_return {
            return;
        }
        let (mut line, mut searched, mut ends) = (self.line, self.searched, self.ends);
        'blocks: loop {
            while ends == 0 {
                let len = BLOCK.min(self.len - searched);
                self.note_work(len);
                let block = self.bytes[searched..].first_chunk();
                let (1.., Some(block)) = (len, block) else {
                    break 'blocks;
                };
                ends = line_ends(block) << (BLOCK - len);
                searched += len;
            }
            let place = ends.trailing_zeros();
            let end = searched + place as usize - BLOCK;
            let start = self.bytes[line..]
                .first_chunk()
                .map(|start| u64::from_le_bytes(*start));
            let is_data = start.is_some_and(|start| start & FIVE_BYTES == DATA);
            // A blank line in the next block of bytes is rare, and not taken here.
            let is_blank = ends & (2 << place) != 0 && self.bytes[end..].starts_with(b"\n\n");
            if !is_data || !is_blank || end - line > limit {
                break;
            }
            let space = usize::from(self.bytes[line + 5] == b' ');
            take(line + 5 + space..end);
            ends &= !(3 << place);
            line = end + 2;
        }
        (self.line, self.searched, self.ends) = (line, searched, ends);
    }

    /// Skips the next line and returns `true` if it is blank, ends with LF, and its end was already
    /// found.
    #[inline(always)]
    pub(super) fn take_blank_line(&mut self) -> bool {
        let end = self.first_end();
        let is_blank = end == self.line
            && self.ends != 0
            && !self.is_after_carriage_return
            && self.bytes[end] == b'\n';
        if is_blank {
            self.ends &= self.ends - 1;
            self.line = end + 1;
        }
        is_blank
    }

    /// Returns the offset of the next LF or CR.
    #[inline(always)]
    fn next_end(&mut self) -> Option<usize> {
        while self.ends == 0 {
            let len = BLOCK.min(self.len - self.searched);
            if len == 0 {
                return None;
            }
            self.note_work(len);
            let block = self.bytes[self.searched..].first_chunk()?;
            // Discard the bits of the bytes after the end of the buffer.
            self.ends = line_ends(block) << (BLOCK - len);
            self.searched += len;
        }
        let end = self.first_end();
        self.ends &= self.ends - 1;
        Some(end)
    }

    /// The offset of the first of the `ends`, if there is one.
    #[inline(always)]
    fn first_end(&self) -> usize {
        self.searched + self.ends.trailing_zeros() as usize - BLOCK
    }

    /// The length of the line whose end has not arrived. An incomplete byte order mark does not count:
    /// the complete mark would not exceed a limit either.
    pub(super) fn unfinished_len(&self) -> usize {
        if self.is_past_byte_order_mark {
            self.len - self.line
        } else {
            0
        }
    }

    /// All bytes of the buffer, and at least [`BLOCK`] bytes of any value after them.
    #[cfg(all(feature = "npm", target_arch = "wasm32"))]
    pub(super) fn padded(&self) -> &[u8] {
        &self.bytes
    }

    /// All bytes of the buffer.
    pub(super) fn all(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    #[inline(always)]
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Appends `value`, which is the end of a returned line, to `data` as a new line. There is room,
    /// because at least the four bytes of the field name `data` separate the two.
    #[inline(never)]
    pub(super) fn join(&mut self, data: &mut Range<usize>, value: Range<usize>) {
        self.bytes[data.end] = b'\n';
        let end = data.end + 1 + value.len();
        self.note_work(value.len());
        self.bytes
            .copy_within(value.start..=value.end, data.end + 1);
        data.end = end;
    }

    /// Skips the byte order mark, once enough bytes have arrived to recognize it.
    fn skip_byte_order_mark(&mut self) {
        if self.all().starts_with(BYTE_ORDER_MARK) {
            self.line = BYTE_ORDER_MARK.len();
            self.searched = self.line;
        } else if BYTE_ORDER_MARK.starts_with(self.all()) {
            return;
        }
        self.is_past_byte_order_mark = true;
    }

    #[cfg(test)]
    fn note_work(&mut self, bytes: usize) {
        self.work += bytes;
    }

    #[cfg(not(test))]
    fn note_work(&self, _bytes: usize) {}
}
