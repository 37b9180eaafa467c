//! The value of a field that survives until its block is dispatched.

use alloc::vec::Vec;
use core::ops::Range;

use super::line_buffer::LineBuffer;

/// The value of a field: a range of the line buffer, or a copy once these bytes move.
#[derive(Debug, Default)]
pub(super) struct Value {
    /// The range in the line buffer.
    range: Option<Range<usize>>,
    /// The value if it has no range.
    copy: Vec<u8>,
}

impl Value {
    pub(super) fn set(&mut self, range: Range<usize>) {
        self.range = Some(range);
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.range = None;
        self.copy.clear();
    }

    #[cfg(any(test, all(feature = "npm", target_arch = "wasm32")))]
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.range.is_none() && self.copy.is_empty()
    }

    /// Copies the value if it begins at `start` or later, where the bytes are about to be overwritten.
    pub(super) fn copy_from(&mut self, start: usize, lines: &LineBuffer) {
        if let Some(range) = self.range.take_if(|range| range.start >= start) {
            self.copy.clear();
            self.copy.extend_from_slice(lines.bytes(range));
        }
    }

    /// The range in the line buffer, if the value is still there.
    #[cfg(all(feature = "npm", target_arch = "wasm32"))]
    #[inline(always)]
    pub(super) fn range(&self) -> Option<Range<usize>> {
        self.range.clone()
    }

    #[inline(always)]
    pub(super) fn bytes<'a>(&'a self, lines: &'a LineBuffer) -> &'a [u8] {
        match &self.range {
            Some(range) => lines.bytes(range.clone()),
            None => &self.copy,
        }
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self {
            range: None,
            copy: Vec::from(value),
        }
    }
}
