//! Conversions between the texts of a script and bytes.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Returns one HTTP chunk as one buffer, so that it is sent in one segment if it fits.
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Decodes hexadecimal digits. Whitespace is ignored.
pub(super) fn from_hex(text: &str) -> io::Result<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair)
            .ok()
            .filter(|text| text.len() == 2)?;
        u8::from_str_radix(text, 16).ok()
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    bytes.ok_or_else(|| {
        io::Error::other("The text is not hexadecimal. Use pairs of the digits 0-9 and a-f.")
    })
}

/// Decodes base64.
pub(super) fn from_base64(text: &str) -> io::Result<Vec<u8>> {
    BASE64_STANDARD.decode(text).map_err(io::Error::other)
}
