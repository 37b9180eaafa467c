//! Splits the bytes of a log file into whole lines.

/// Existing lines that are kept at the start, as `tail` does.
pub(super) const MAX_EXISTING_LINES: usize = 10;
/// Longest line, in bytes. A longer line is published in parts, so that memory stays bounded.
const MAX_LINE: usize = 1024 * 1024;

/// The incomplete line at the end of a file, and which lines to skip.
#[derive(Default)]
pub(super) struct Lines {
    /// The beginning of an incomplete line.
    rest: Vec<u8>,
    /// Set while existing lines are read: only the last few are returned.
    skip_old: bool,
    /// Set if reading began inside a line: the first line is incomplete.
    skip_half: bool,
}

impl Lines {
    pub(super) fn new(skip_old: bool, skip_half: bool) -> Self {
        Self {
            rest: Vec::new(),
            skip_old,
            skip_half,
        }
    }

    /// Returns the lines that `bytes` completes.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.rest.len() >= MAX_LINE {
                lines.extend(self.finish());
            }
        }
        if self.skip_old {
            lines.drain(..lines.len().saturating_sub(MAX_EXISTING_LINES));
        }
        lines
    }

    /// Ends the existing lines: all later lines are new.
    pub(super) fn end_of_existing(&mut self) {
        self.skip_old = false;
    }

    /// Returns the current line, if any. Empty lines are skipped. A writer that does not append
    /// leaves NUL bytes before its next line when the file is truncated.
    pub(super) fn finish(&mut self) -> Vec<String> {
        let bytes = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skip_half) {
            return Vec::new();
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_start_matches('\0').trim_end_matches(['\r', '\n']);
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
        assert_eq!(lines.add(b"\0\0\0four\n\0\0\n"), ["four"]);
    }

    #[test]
    fn lines_longer_than_the_limit_are_published_in_parts() {
        let mut lines = Lines::default();
        let block = vec![b'x'; 64 * 1024];
        let passed: usize = (0..40).map(|_| lines.add(&block).len()).sum();
        assert!(passed >= 2 && lines.rest.len() < MAX_LINE + block.len());
    }
}
