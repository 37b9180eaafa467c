use alloc::vec::Vec;
use core::ops::Range;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The bytes received so far, handed out line by line ([WHATWG HTML §9.2.6]: lines end with
/// CRLF, LF or CR; one leading byte order mark is skipped).
///
/// What is kept in front of the current line is the caller's: the data buffer of the event that
/// is being read lives there, in place, so that a value is moved at most once.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    bytes: Vec<u8>,
    /// Where the line being read starts.
    line: usize,
    /// Invariant: `line <= scanned <= bytes.len()` and `bytes[line..scanned]` holds no line end.
    /// Without it, a line that comes in many chunks would be searched from its start every time.
    scanned: usize,
    /// The last line ended with CR: a LF that follows belongs to it. The line was handed out
    /// without waiting for that LF, which may be a long time coming.
    is_after_carriage_return: bool,
    is_past_byte_order_mark: bool,
    /// Bytes searched or moved so far: a test proves by it that the time is linear.
    #[cfg(test)]
    pub(super) work: usize,
}

impl LineBuffer {
    /// Appends `additional` bytes, which `fill` writes. Before, everything in front of the
    /// current line is dropped, but for `keep`, whose new place is returned.
    pub(super) fn append(
        &mut self,
        additional: usize,
        keep: Range<usize>,
        fill: impl FnOnce(&mut [u8]),
    ) -> Range<usize> {
        let kept = self.compact(keep);
        let len = self.bytes.len();
        self.bytes.resize(len + additional, 0);
        fill(&mut self.bytes[len..]);
        kept
    }

    /// Moves `keep` to the front and the unread bytes behind it. Nothing moves when both are
    /// there already, so a long event in small chunks costs one move, not one for each chunk.
    fn compact(&mut self, keep: Range<usize>) -> Range<usize> {
        let kept = 0..keep.len();
        if keep.start > 0 {
            self.note_work(keep.len());
            self.bytes.copy_within(keep, 0);
        }
        let gap = self.line - kept.end;
        if gap > 0 {
            self.note_work(self.bytes.len() - self.line);
            self.bytes.copy_within(self.line.., kept.end);
            self.bytes.truncate(self.bytes.len() - gap);
            self.line -= gap;
            self.scanned -= gap;
        }
        kept
    }

    /// The next finished line, without its end; `None` until more bytes come.
    pub(super) fn next_line(&mut self) -> Option<Range<usize>> {
        self.skip_byte_order_mark()?;
        self.skip_line_feed()?;
        let rest = &self.bytes[self.scanned..];
        let found = memchr::memchr2(b'\n', b'\r', rest);
        self.note_work(found.unwrap_or(rest.len()));
        let Some(found) = found else {
            self.scanned = self.bytes.len();
            return None;
        };
        let line = self.line..self.scanned + found;
        self.is_after_carriage_return = self.bytes[line.end] == b'\r';
        self.line = line.end + 1;
        self.scanned = self.line;
        Some(line)
    }

    /// Bytes of the line whose end has not come yet. The start of a byte order mark is no line:
    /// it must not break a limit that the whole mark does not break.
    pub(super) fn unfinished_len(&self) -> usize {
        if self.is_past_byte_order_mark {
            self.bytes.len() - self.line
        } else {
            0
        }
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Appends `value`, which lies in a line already handed out, to `data` as a line of its own.
    /// There is room: the five or more bytes `data:` of the later line, or the four of a `data`
    /// without colon, were read between the two.
    pub(super) fn join(&mut self, data: &mut Range<usize>, value: Range<usize>) {
        self.bytes[data.end] = b'\n';
        let end = data.end + 1 + value.len();
        self.note_work(value.len());
        self.bytes.copy_within(value, data.end + 1);
        data.end = end;
    }

    /// `None` while the bytes so far are a proper prefix of the byte order mark.
    fn skip_byte_order_mark(&mut self) -> Option<()> {
        if self.is_past_byte_order_mark {
            return Some(());
        }
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            self.line = BYTE_ORDER_MARK.len();
            self.scanned = self.line;
        } else if BYTE_ORDER_MARK.starts_with(&self.bytes) {
            return None;
        }
        self.is_past_byte_order_mark = true;
        Some(())
    }

    /// `None` while the byte after a CR has not come.
    fn skip_line_feed(&mut self) -> Option<()> {
        if self.is_after_carriage_return {
            if *self.bytes.get(self.line)? == b'\n' {
                self.line += 1;
                self.scanned = self.line;
            }
            self.is_after_carriage_return = false;
        }
        Some(())
    }

    #[cfg(test)]
    fn note_work(&mut self, bytes: usize) {
        self.work += bytes;
    }

    #[cfg(not(test))]
    fn note_work(&self, _bytes: usize) {}
}
