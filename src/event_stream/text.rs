//! Text that arrives in pieces.

use alloc::string::String;

/// A new text reserves as much room as the text before it needed, but at most this many bytes.
const MAX_RESERVED: usize = 64 << 10;

/// Text that arrives in pieces, decoded ([UTF-8 decode without BOM]). A piece can end within a
/// character.
///
/// Each byte is checked and copied once, into the string that the caller receives.
///
/// [UTF-8 decode without BOM]: https://encoding.spec.whatwg.org/#utf-8-decode-without-bom
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    /// The start of a character whose other bytes have not arrived.
    character: [u8; 4],
    character_len: usize,
    /// The length of the text before this one, which is probably as long.
    expected_len: usize,
    /// The number of bytes checked and copied, by which a test proves linear time.
    #[cfg(test)]
    pub(super) work: usize,
}

impl Text {
    /// Begins a new text, whose first line starts with `len` bytes.
    #[inline]
    pub(super) fn begin(&mut self, len: usize) {
        let expected = self.expected_len.min(MAX_RESERVED);
        self.text = String::with_capacity(len.max(expected));
    }

    /// Appends a piece of a line, which can end within a character.
    #[inline]
    pub(super) fn push(&mut self, mut piece: &[u8]) {
        if self.character_len > 0 {
            piece = self.complete_character(piece);
        }
        let is_complete = piece.last().is_none_or(u8::is_ascii);
        if is_complete {
            self.push_complete(piece);
        } else {
            self.push_incomplete(piece);
        }
    }

    /// Appends the last piece of a line.
    #[inline]
    pub(super) fn push_last(&mut self, mut piece: &[u8]) {
        if self.character_len > 0 {
            piece = self.complete_character(piece);
            self.end_character();
        }
        self.push_complete(piece);
    }

    /// Appends a piece that may end within a character.
    #[inline(never)]
    fn push_incomplete(&mut self, piece: &[u8]) {
        let (piece, character) = piece.split_at(piece.len() - unfinished_len(piece));
        self.push_complete(piece);
        self.character[..character.len()].copy_from_slice(character);
        self.character_len = character.len();
    }

    /// An unfinished character is malformed if it is not continued.
    fn end_character(&mut self) {
        if self.character_len > 0 {
            self.character_len = 0;
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    #[inline]
    fn push_complete(&mut self, value: &[u8]) {
        #[cfg(test)]
        {
            self.work += value.len();
        }
        match from_utf8(value) {
            Some(text) => self.text.push_str(text),
            None => self.text.push_str(&String::from_utf8_lossy(value)),
        }
    }

    pub(super) fn push_line_feed(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the text, and is empty then.
    pub(super) fn take(&mut self) -> String {
        let mut text = core::mem::take(&mut self.text);
        // Room for a little more, because lengths vary.
        self.expected_len = text.len() + text.len() / 8;
        // The caller may keep the text for a long time.
        if text.capacity() > 2 * text.len() {
            text.shrink_to_fit();
        }
        text
    }

    /// Completes the unfinished character, and returns the rest of the piece.
    #[cold]
    fn complete_character<'a>(&mut self, mut piece: &'a [u8]) -> &'a [u8] {
        while let Some((&byte, rest)) = piece.split_first() {
            self.character[self.character_len] = byte;
            let character = &self.character[..=self.character_len];
            match core::str::from_utf8(character) {
                Ok(character) => {
                    self.text.push_str(character);
                    self.character_len = 0;
                    return rest;
                }
                // The byte continues the character.
                Err(error) if error.error_len().is_none() => self.character_len += 1,
                // The byte does not belong to the character.
                Err(_) => {
                    self.end_character();
                    return piece;
                }
            }
            piece = rest;
        }
        piece
    }
}

/// Returns the number of bytes at the end of `piece` that start a character but do not complete it.
fn unfinished_len(piece: &[u8]) -> usize {
    let end = piece.len().saturating_sub(3);
    let is_start = |byte: &u8| *byte >= 0xC0;
    let start = piece[end..].iter().rposition(is_start);
    let Some(start) = start.map(|start| end + start) else {
        return 0;
    };
    match core::str::from_utf8(&piece[start..]) {
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => {
            piece.len() - start
        }
        _ => 0,
    }
}

/// Below this length in bytes, the standard library checks ASCII faster than simdutf8 does.
const SHORT: usize = 256;

/// Checks text. Returns `None` if it is malformed.
#[inline(always)]
pub(super) fn from_utf8(bytes: &[u8]) -> Option<&str> {
    if bytes.len() < SHORT && is_probably_ascii(bytes) {
        return core::str::from_utf8(bytes).ok();
    }
    simdutf8::basic::from_utf8(bytes).ok()
}

/// Looks at three places only. The result decides which check is faster, and nothing else.
#[inline(always)]
fn is_probably_ascii(bytes: &[u8]) -> bool {
    let places = (
        bytes.first_chunk(),
        bytes[bytes.len() / 2..].first_chunk(),
        bytes.last_chunk(),
    );
    let (Some(first), Some(middle), Some(last)) = places else {
        return true;
    };
    let bits = |place: &[u8; 16]| u128::from_ne_bytes(*place);
    (bits(first) | bits(middle) | bits(last)) & u128::from_ne_bytes([0x80; 16]) == 0
}
