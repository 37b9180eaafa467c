//! What JavaScript's strings need: whether bytes are ASCII, and UTF-16.

use alloc::vec::Vec;

/// Whether all bytes are below 128.
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks();
    blocks.iter().all(is_block_ascii) && rest.iter().all(|byte| *byte < 0x80)
}

#[cfg(target_feature = "simd128")]
fn is_block_ascii(block: &[u8; 64]) -> bool {
    use core::arch::wasm32::{u8x16_bitmask, v128_or};

    let [a, b, c, d] = crate::simd::pieces(block);
    u8x16_bitmask(v128_or(v128_or(a, b), v128_or(c, d))) == 0
}

#[cfg(not(target_feature = "simd128"))]
fn is_block_ascii(block: &[u8; 64]) -> bool {
    block.iter().all(|byte| *byte < 0x80)
}

/// [UTF-8 decode without BOM](https://encoding.spec.whatwg.org/#utf-8-decode-without-bom), into
/// UTF-16: malformed bytes become U+FFFD.
pub(super) fn widen(bytes: &[u8], units: &mut Vec<u16>) {
    let start = units.len();
    // No byte makes more than one unit.
    units.resize(start + bytes.len(), 0);
    let mut room = units[start..].iter_mut();
    let mut put = |unit: u32| {
        if let Some(place) = room.next() {
            *place = unit as u16;
        }
    };
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => break,
            [a @ ..0x80, rest @ ..] => {
                put(u32::from(*a));
                rest
            }
            [a @ 0xE1..0xED, b @ 0x80..0xC0, c @ 0x80..0xC0, rest @ ..] => {
                put(u32::from(*a) << 12 | tail(*b) << 6 | tail(*c));
                rest
            }
            _ => {
                let (scalar, len) = scalar(rest);
                if scalar < 0x1_0000 {
                    put(scalar);
                } else {
                    put(0xD7C0 + (scalar >> 10));
                    put(0xDC00 | scalar & 0x3FF);
                }
                &rest[len..]
            }
        };
    }
    let left = room.len();
    units.truncate(units.len() - left);
}

/// The code point of more than one byte that `bytes` begin with, and how many of them it is. What
/// is malformed is one U+FFFD as far as it could still have become a code point.
fn scalar(bytes: &[u8]) -> (u32, usize) {
    const MALFORMED: u32 = 0xFFFD;

    let lead = bytes[0];
    let (len, mut range) = match lead {
        0xC2..0xE0 => (2, 0x80..0xC0),
        0xE0 => (3, 0xA0..0xC0),
        0xED => (3, 0x80..0xA0),
        0xE1..0xF0 => (3, 0x80..0xC0),
        0xF0 => (4, 0x90..0xC0),
        0xF1..0xF4 => (4, 0x80..0xC0),
        0xF4 => (4, 0x80..0x90),
        _ => return (MALFORMED, 1),
    };
    let mut scalar = u32::from(lead) & (0x7F >> len);
    for at in 1..len {
        match bytes.get(at) {
            Some(byte) if range.contains(byte) => scalar = scalar << 6 | tail(*byte),
            _ => return (MALFORMED, at),
        }
        range = 0x80..0xC0;
    }
    (scalar, len)
}

/// The bits of a byte that goes on with a character.
fn tail(byte: u8) -> u32 {
    u32::from(byte & 0x3F)
}
