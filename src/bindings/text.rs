//! What JavaScript's strings need: whether bytes are ASCII, and UTF-16.

use alloc::vec::Vec;
use core::slice::IterMut;

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
    let mut rest = bytes;
    loop {
        // What is frequent, and last what `scalar` takes longer for.
        rest = match rest {
            [] => break,
            [a @ ..0x80, behind @ ..] => match widen_ascii(rest, &mut room) {
                Some(behind) => behind,
                None => {
                    put(u32::from(*a), &mut room);
                    behind
                }
            },
            [a @ 0xE1..=0xEC, b @ 0x80..0xC0, c @ 0x80..0xC0, rest @ ..] => {
                put(u32::from(*a) << 12 | tail(*b) << 6 | tail(*c), &mut room);
                rest
            }
            [a @ 0xC2..=0xDF, b @ 0x80..0xC0, rest @ ..] => {
                put(u32::from(*a & 0x1F) << 6 | tail(*b), &mut room);
                rest
            }
            _ => {
                let (scalar, len) = scalar(rest);
                if scalar < 0x1_0000 {
                    put(scalar, &mut room);
                } else {
                    put(0xD7C0 + (scalar >> 10), &mut room);
                    put(0xDC00 | scalar & 0x3FF, &mut room);
                }
                &rest[len..]
            }
        };
    }
    let left = room.len();
    units.truncate(units.len() - left);
}

/// Writes the unit to the start of the room.
#[inline(always)]
fn put(unit: u32, room: &mut IterMut<'_, u16>) {
    if let Some(place) = room.next() {
        *place = unit as u16;
    }
}

/// Widens sixteen bytes, if `bytes` begin with so much ASCII, and returns the others.
#[cfg(target_feature = "simd128")]
#[inline(always)]
fn widen_ascii<'a>(bytes: &'a [u8], room: &mut IterMut<'_, u16>) -> Option<&'a [u8]> {
    use crate::simd::{load, units};
    use core::arch::wasm32::{u8x16_bitmask, u16x8_extend_high_u8x16, u16x8_extend_low_u8x16};
    use core::mem::take;

    let (block, behind) = bytes.split_first_chunk()?;
    let block = load(block);
    if u8x16_bitmask(block) != 0 {
        return None;
    }
    let place = take(room).into_slice();
    let (low, place) = place.split_first_chunk_mut()?;
    let (high, place) = place.split_first_chunk_mut()?;
    *low = units(u16x8_extend_low_u8x16(block));
    *high = units(u16x8_extend_high_u8x16(block));
    *room = place.iter_mut();
    Some(behind)
}

#[cfg(not(target_feature = "simd128"))]
fn widen_ascii<'a>(_bytes: &'a [u8], _room: &mut IterMut<'_, u16>) -> Option<&'a [u8]> {
    None
}

/// The code point that `bytes` begin with, which is not ASCII, and how many of them it is. What
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
