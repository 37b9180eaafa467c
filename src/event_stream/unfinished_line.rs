//! A line that arrives in several chunks.

use alloc::vec::Vec;

use super::block::field;
use super::owned_block::OwnedBlock;

/// The number of bytes that decide the kind of a line: `data:` and the space.
const START: usize = 6;

/// A line whose end has not arrived.
#[derive(Debug, Default)]
pub(super) struct UnfinishedLine {
    /// `None` if there is no such line.
    kind: Option<Kind>,
    len: usize,
    /// The line so far, unless it is data or ignored.
    bytes: Vec<u8>,
    /// The number of bytes copied, by which a test proves linear time.
    #[cfg(test)]
    pub(super) work: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Too few bytes have arrived to decide.
    Start,
    /// A `data` field, whose value is added to the block at once.
    Data,
    /// Another field with a known name.
    Field,
    /// A comment, or a field with an unknown name.
    Ignored,
}

impl UnfinishedLine {
    #[inline]
    pub(super) fn is_some(&self) -> bool {
        self.kind.is_some()
    }

    /// The length in bytes so far.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Begins a line with its first bytes.
    #[inline]
    pub(super) fn begin(&mut self, bytes: &[u8], block: &mut OwnedBlock) {
        self.len = bytes.len();
        // The most frequent line needs no buffer.
        if let [b'd', b'a', b't', b'a', b':', first, rest @ ..] = bytes {
            let value = if *first == b' ' {
                rest
            } else {
                &bytes[b"data:".len()..]
            };
            block.begin_data(value.len());
            block.add_piece_of_data(value);
            self.kind = Some(Kind::Data);
            return;
        }
        self.kind = Some(Kind::Start);
        self.decide(bytes, block);
    }

    /// Adds the next bytes of the line.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8], block: &mut OwnedBlock) {
        self.len += bytes.len();
        if self.kind == Some(Kind::Data) {
            block.add_piece_of_data(bytes);
        } else {
            self.push_other(bytes, block);
        }
    }

    /// Adds the last bytes of the line.
    #[inline]
    pub(super) fn end(&mut self, bytes: &[u8], block: &mut OwnedBlock) {
        if self.kind == Some(Kind::Data) {
            block.add_end_of_data(bytes);
        } else {
            self.push_other(bytes, block);
            self.end_other(block);
        }
        self.kind = None;
        self.len = 0;
    }

    /// Adds bytes to a line that is not known to be data.
    #[inline(never)]
    fn push_other(&mut self, bytes: &[u8], block: &mut OwnedBlock) {
        #[cfg(test)]
        {
            self.work += bytes.len();
        }
        match self.kind {
            Some(Kind::Start) => self.decide(bytes, block),
            Some(Kind::Field) => self.bytes.extend_from_slice(bytes),
            Some(Kind::Data) => block.add_piece_of_data(bytes),
            None | Some(Kind::Ignored) => {}
        }
    }

    fn end_other(&mut self, block: &mut OwnedBlock) {
        match self.kind {
            Some(Kind::Start | Kind::Field) => block.process_line(&self.bytes),
            Some(Kind::Data) => block.add_end_of_data(b""),
            None | Some(Kind::Ignored) => {}
        }
        self.bytes.clear();
    }

    /// Decides the kind of the line if `bytes` complete its start.
    fn decide(&mut self, bytes: &[u8], block: &mut OwnedBlock) {
        let missing = START - self.bytes.len();
        let (start, rest) = bytes.split_at(bytes.len().min(missing));
        self.bytes.extend_from_slice(start);
        if self.bytes.len() < START {
            return;
        }
        let kind = match self.bytes.as_slice() {
            [b'd', b'a', b't', b'a', b':', first] => {
                let value = if *first == b' ' { &[] } else { &[*first][..] };
                block.begin_data(value.len() + rest.len());
                block.add_piece_of_data(value);
                Kind::Data
            }
            start if field(start).is_some() => Kind::Field,
            _ => Kind::Ignored,
        };
        if kind != Kind::Field {
            self.bytes.clear();
        }
        self.kind = Some(kind);
        self.push_other(rest, block);
    }
}
