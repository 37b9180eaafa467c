//! A string without an allocation.

/// A string of at most 15 bytes.
///
/// All 16 bytes are in use, so that the compiler copies it with one load and one store. A processor
/// stalls when a load reads what several smaller stores have just written.
#[derive(Clone, Copy)]
pub(super) struct ShortStr {
    len: Len,
    /// The text, and zeros.
    bytes: [u8; MAX],
}

const MAX: usize = 15;

/// A length. A type that contains a [`ShortStr`] stores its other variants as other values of the byte.
#[derive(Clone, Copy)]
#[rustfmt::skip]
enum Len { L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15 }

#[rustfmt::skip]
const LENS: [Len; MAX + 1] = {
    use Len::*;
    [L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15]
};

impl ShortStr {
    pub(super) const EMPTY: Self = Self {
        len: Len::L0,
        bytes: [0; MAX],
    };
    #[cfg(not(npm_module))]
    pub(super) const MESSAGE: Self = Self {
        len: Len::L7,
        bytes: *b"message\0\0\0\0\0\0\0\0",
    };

    /// Returns `None` if the text is too long.
    #[inline]
    pub(super) fn new(text: &str) -> Option<Self> {
        let len = *LENS.get(text.len())?;
        let mut bytes = [0; MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { len, bytes })
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }

    #[inline]
    pub(super) fn as_str(&self) -> &str {
        // The bytes are valid, because they were copied from a string.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}
