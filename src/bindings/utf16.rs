//! Converts UTF-8 to the strings of JavaScript: finds bytes that are not ASCII, and converts text to UTF-16.

use core::ops::Range;

/// Whether all bytes are below 128.
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks();
    blocks.iter().all(is_block_ascii) && rest.iter().all(u8::is_ascii)
}

#[cfg(target_feature = "simd128")]
fn is_block_ascii(block: &[u8; 64]) -> bool {
    use core::arch::wasm32::{u8x16_bitmask, v128_or};

    let [a, b, c, d] = crate::simd::pieces(block);
    u8x16_bitmask(v128_or(v128_or(a, b), v128_or(c, d))) == 0
}

#[cfg(not(target_feature = "simd128"))]
fn is_block_ascii(block: &[u8; 64]) -> bool {
    block.is_ascii()
}

/// Decodes the UTF-8 of a range into UTF-16 units. Returns the number of units, at most the number of
/// bytes, or `None` if the bytes are malformed. `bytes` and `units` go on for 16 more.
pub(super) fn widen(bytes: &[u8], value: Range<usize>, units: &mut [u16]) -> Option<usize> {
    let mut at = value.start;
    let mut written = 0;
    while at < value.end {
        let ascii = widen_ascii(
            bytes[at..].first_chunk()?,
            units[written..].first_chunk_mut()?,
        );
        let ascii = ascii.min(value.end - at);
        at += ascii;
        written += ascii;
        while at < value.end {
            let word = u32::from_le_bytes(*bytes[at..].first_chunk()?);
            let [first, second] = units[written..].first_chunk_mut()?;
            written += 1;
            // The frequent cases first: a character of two bytes, of three, and a lone space between them.
            if let Some(unit) = two_bytes(word) {
                *first = unit;
                at += 2;
            } else if let Some(unit) = three_bytes(word) {
                *first = unit;
                at += 3;
            } else if word & 0x8080 == 0x8000 {
                *first = word as u16 & 0x7F;
                at += 1;
            } else if word & 0x80 == 0 {
                written -= 1;
                break;
            } else {
                [*first, *second] = four_bytes(word)?;
                at += 4;
                written += 1;
            }
        }
    }
    Some(written)
}

/// Converts sixteen bytes as if all were ASCII. Returns how many at the start are.
#[cfg(target_feature = "simd128")]
#[inline(always)]
fn widen_ascii(block: &[u8; 16], room: &mut [u16; 16]) -> usize {
    use crate::simd::{load, units};
    use core::arch::wasm32::{u8x16_bitmask, u16x8_extend_high_u8x16, u16x8_extend_low_u8x16};

    let block = load(block);
    let (halves, _) = room.as_chunks_mut();
    halves[0] = units(u16x8_extend_low_u8x16(block));
    halves[1] = units(u16x8_extend_high_u8x16(block));
    (u32::from(u8x16_bitmask(block)) | 1 << 16).trailing_zeros() as usize
}

#[cfg(not(target_feature = "simd128"))]
fn widen_ascii(block: &[u8; 16], room: &mut [u16; 16]) -> usize {
    *room = block.map(u16::from);
    block.iter().take_while(|byte| byte.is_ascii()).count()
}

/// Decodes a character of two bytes at the start of four bytes.
#[inline(always)]
fn two_bytes(word: u32) -> Option<u16> {
    let unit = (word & 0x1F) << 6 | tail(word, 1);
    (word & 0xC0E0 == 0x80C0 && unit >= 0x80).then_some(unit as u16)
}

/// Decodes a character of three bytes. Surrogates are malformed.
#[inline(always)]
fn three_bytes(word: u32) -> Option<u16> {
    let unit = (word & 0x0F) << 12 | tail(word, 1) << 6 | tail(word, 2);
    let is_legal = unit >= 0x800 && unit & 0xF800 != 0xD800;
    (word & 0xC0_C0F0 == 0x80_80E0 && is_legal).then_some(unit as u16)
}

/// Decodes a character of four bytes into two surrogates.
#[inline(always)]
fn four_bytes(word: u32) -> Option<[u16; 2]> {
    let scalar = (word & 0x07) << 18 | tail(word, 1) << 12 | tail(word, 2) << 6 | tail(word, 3);
    let is_legal = (0x1_0000..0x11_0000).contains(&scalar);
    let [high, low] = [0xD7C0 + (scalar >> 10), 0xDC00 | scalar & 0x3FF];
    (word & 0xC0C0_C0F8 == 0x8080_80F0 && is_legal).then_some([high as u16, low as u16])
}

/// The bits of a continuation byte.
fn tail(word: u32, index: u32) -> u32 {
    word >> (8 * index) & 0x3F
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::{is_ascii, widen};

    /// Converts bytes that follow and precede others.
    fn widened(bytes: &[u8]) -> Option<Vec<u16>> {
        let padded = [b"\xc3", bytes, b"\n", &[0xC3; 16]].concat();
        let mut units = [0xFFFF].repeat(bytes.len() + 16);
        let written = widen(&padded, 1..1 + bytes.len(), &mut units)?;
        units.truncate(written);
        Some(units)
    }

    fn check(bytes: &[u8]) {
        let expected = core::str::from_utf8(bytes).ok();
        let expected = expected.map(|text| text.encode_utf16().collect());
        assert_eq!(widened(bytes), expected, "{bytes:x?}");
    }

    #[test]
    fn every_character_is_converted() {
        let step = if cfg!(miri) { 4099 } else { 1 };
        let mut text = String::new();
        for (number, c) in ('\0'..=char::MAX).step_by(step).enumerate() {
            text.extend(core::iter::repeat_n('x', number % 19));
            text.push(c);
            if text.len() > 500 {
                check(text.as_bytes());
                text.clear();
            }
        }
        check(text.as_bytes());
    }

    #[test]
    fn malformed_bytes_are_refused() {
        let rounds = if cfg!(miri) { 200 } else { 200_000 };
        let mut random = fastrand::Rng::with_seed(20_261_130);
        // The bytes at which the rules of UTF-8 change.
        let bytes = b"\x00a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff";
        for _ in 0..rounds {
            let len = random.usize(0..7);
            let value: Vec<u8> = (0..len)
                .map(|_| bytes[random.usize(..bytes.len())])
                .collect();
            check(&value);
        }
    }

    #[test]
    fn one_byte_that_is_not_ascii_is_found_everywhere() {
        for len in 0..if cfg!(miri) { 70 } else { 200 } {
            let mut bytes = b"x".repeat(len);
            assert!(is_ascii(&bytes));
            for place in 0..len {
                bytes[place] = 0x80;
                assert!(!is_ascii(&bytes), "{place} of {len}");
                bytes[place] = b'x';
            }
        }
    }
}
