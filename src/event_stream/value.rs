use alloc::vec::Vec;
use core::ops::Range;

use super::line_buffer::LineBuffer;

/// The value of a field: in place among the lines, or a copy once these go.
#[derive(Debug, Default)]
pub(super) struct Value {
    place: Option<Range<usize>>,
    /// What counts where there is no place.
    copy: Vec<u8>,
}

impl Value {
    pub(super) fn set(&mut self, place: Range<usize>) {
        self.place = Some(place);
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.place = None;
        self.copy.clear();
    }

    /// Copies the value if it lies behind `start`, where all places are about to be used for
    /// something else.
    pub(super) fn leave(&mut self, start: usize, lines: &LineBuffer) {
        if let Some(place) = self.place.take_if(|place| place.start >= start) {
            self.copy.clear();
            self.copy.extend_from_slice(lines.bytes(place));
        }
    }

    /// Where among the lines it lies, if it does.
    #[cfg(all(feature = "npm", target_arch = "wasm32"))]
    #[inline(always)]
    pub(super) fn place(&self) -> Option<Range<usize>> {
        self.place.clone()
    }

    #[inline(always)]
    pub(super) fn bytes<'a>(&'a self, lines: &'a LineBuffer) -> &'a [u8] {
        match &self.place {
            Some(place) => lines.bytes(place.clone()),
            None => &self.copy,
        }
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self {
            place: None,
            copy: Vec::from(value),
        }
    }
}
