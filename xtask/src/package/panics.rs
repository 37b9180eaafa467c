//! Where panics come from, made blank in the module.
//!
//! Each place that may panic tells file, line and column. The panic handler of the npm module (see
//! src/bindings/runtime.rs) reads none of it, but the compiler cannot know, and it is a tenth of
//! what the module holds beside code. Zeros weigh nothing.

use anyhow::{Context, Result, ensure};

/// The section of a module that holds its data.
const DATA: u8 = 11;

/// A location in memory: where the file's name is, its length, the line, the column.
const LOCATION: usize = 16;

/// Blanks all locations, and the names of files that they point to.
pub(super) fn blank(module: &mut [u8]) -> Result<()> {
    let mut reader = Reader { module, at: 8 };
    while reader.at < reader.module.len() {
        let section = reader.byte()?;
        let len = reader.number()?;
        if section == DATA {
            return reader.segments();
        }
        reader.at += len;
    }
    Ok(())
}

struct Reader<'a> {
    module: &'a mut [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8> {
        let byte = self.module.get(self.at).context("the module is cut off")?;
        self.at += 1;
        Ok(*byte)
    }

    /// A number in LEB128. Addresses are small, so that signed and unsigned are the same.
    fn number(&mut self) -> Result<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
    }

    fn segments(&mut self) -> Result<()> {
        for _ in 0..self.number()? {
            ensure!(self.byte()? == 0, "a data segment is not in the memory");
            ensure!(
                self.byte()? == 0x41,
                "the place of a segment is no constant"
            );
            let address = self.number()?;
            ensure!(self.byte()? == 0x0B, "the place of a segment goes on");
            let len = self.number()?;
            let end = self.at + len;
            let segment = self.module.get_mut(self.at..end);
            blank_locations(segment.context("a segment is cut off")?, address);
            self.at = end;
        }
        Ok(())
    }
}

/// First all are found, then all are blanked: many locations share the name of a file.
fn blank_locations(segment: &mut [u8], address: usize) {
    let places = (0..segment.len()).step_by(4);
    let found: Vec<_> = places
        .filter_map(|at| Some((at, file(segment, address, at)?)))
        .collect();
    for (at, file) in found {
        segment[at..at + LOCATION].fill(0);
        segment[file].fill(0);
    }
}

/// Where the file's name is in the segment, if there is a location at `at`.
fn file(segment: &[u8], address: usize, at: usize) -> Option<std::ops::Range<usize>> {
    let word = |index: usize| {
        let bytes = segment.get(at + 4 * index..at + 4 * index + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let start = word(0)?.checked_sub(address)?;
    let file = start..start.checked_add(word(1)?)?;
    let is_source = segment.get(file.clone())?.ends_with(b".rs");
    let has_place = (1..100_000).contains(&word(2)?) && (1..1_000).contains(&word(3)?);
    (is_source && has_place).then_some(file)
}
