use alloc::vec::Vec;
use core::ops::Range;

use super::line_ends::{BLOCK, line_ends};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The bytes received so far, handed out line by line ([WHATWG HTML §9.2.6]: lines end with
/// CRLF, LF or CR; one leading byte order mark is skipped).
///
/// What is kept in front of the current line is the caller's: the data buffer of the event that
/// is being read lives there, in place, so that a value is moved at most once. Behind it there is
/// always a line end: no decoder can take what follows for the rest of a character that was cut off.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    /// The bytes, and behind them at least a block of whatever was there before, so that blocks
    /// are searched whole.
    bytes: Vec<u8>,
    len: usize,
    /// Where the line being read starts.
    line: usize,
    /// Invariant: `line <= searched <= len`, or `ends` holds what makes it so. Without it, a line
    /// that comes in many chunks would be searched from its start every time.
    searched: usize,
    /// The line ends found and not handed out yet: the highest bit stands for the byte before
    /// `searched`, and so on down.
    ends: u64,
    /// The last line ended with CR: a LF that follows belongs to it. The line was handed out
    /// without waiting for that LF, which may be a long time coming.
    is_after_carriage_return: bool,
    is_past_byte_order_mark: bool,
    /// Bytes searched or moved so far: a test proves by it that the time is linear.
    #[cfg(test)]
    pub(super) work: usize,
}

impl LineBuffer {
    /// Moves `keep`, with its line end, to the front and the unread bytes behind it; everything else
    /// in front of the current line is dropped. Nothing moves when both are there already, so a long
    /// event in small chunks costs one move, not one for each chunk.
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

    /// Room for `additional` bytes behind the others, whatever it holds. They count once they
    /// are [added](Self::add).
    pub(super) fn room(&mut self, additional: usize) -> &mut [u8] {
        let end = self.len + additional;
        if self.bytes.len() < end + BLOCK {
            self.bytes.resize(end + BLOCK, 0);
        }
        &mut self.bytes[self.len..end]
    }

    /// Counts the first bytes of the room in.
    pub(super) fn add(&mut self, additional: usize) {
        self.len = (self.len + additional).min(self.bytes.len().saturating_sub(BLOCK));
        if !self.is_past_byte_order_mark {
            self.skip_byte_order_mark();
        }
    }

    /// The next finished line, without its end; `None` until more bytes come.
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

    /// Takes the next line if it is known already, blank, and ends with LF.
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

    /// Where the next LF or CR is.
    #[inline(always)]
    fn next_end(&mut self) -> Option<usize> {
        while self.ends == 0 {
            let len = BLOCK.min(self.len - self.searched);
            if len == 0 {
                return None;
            }
            self.note_work(len);
            let block = self.bytes[self.searched..].first_chunk()?;
            // What lies behind the bytes is shifted out.
            self.ends = line_ends(block) << (BLOCK - len);
            self.searched += len;
        }
        let end = self.first_end();
        self.ends &= self.ends - 1;
        Some(end)
    }

    /// Where the first of the `ends` is, if there is one.
    #[inline(always)]
    fn first_end(&self) -> usize {
        self.searched + self.ends.trailing_zeros() as usize - BLOCK
    }

    /// Bytes of the line whose end has not come yet. The start of a byte order mark is no line:
    /// it must not break a limit that the whole mark does not break.
    pub(super) fn unfinished_len(&self) -> usize {
        if self.is_past_byte_order_mark {
            self.len - self.line
        } else {
            0
        }
    }

    /// All bytes that are held.
    pub(super) fn all(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    #[inline(always)]
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Appends `value`, which is the end of a line already handed out, to `data` as a line of its own.
    /// There is room: the five or more bytes `data:` of the later line, or the four of a `data`
    /// without colon, were read between the two.
    #[inline(never)]
    pub(super) fn join(&mut self, data: &mut Range<usize>, value: Range<usize>) {
        self.bytes[data.end] = b'\n';
        let end = data.end + 1 + value.len();
        self.note_work(value.len());
        self.bytes
            .copy_within(value.start..=value.end, data.end + 1);
        data.end = end;
    }

    /// Waits while the bytes so far are a proper prefix of the byte order mark.
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
