//! What JavaScript's strings need: whether bytes are ASCII, and UTF-16.

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
/// UTF-16: malformed bytes become U+FFFD. Returns how many units they are, never more than bytes.
pub(super) fn widen(bytes: &[u8], units: &mut [u16]) -> usize {
    let len = units.len();
    let mut room = units.iter_mut();
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
    len - room.len()
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
    let second = bytes.get(1).map_or(0, |byte| u16::from(*byte));
    // What is too long for what it says, half of a pair, or too large, the second byte tells.
    let len = match u16::from(lead) << 8 | second {
        _ if second & 0xC0 != 0x80 => return (MALFORMED, 1),
        0xC280..0xE000 => 2,
        0xE0A0..0xEDA0 | 0xEE80..0xF000 => 3,
        0xF090..0xF490 => 4,
        _ => return (MALFORMED, 1),
    };
    let mut scalar = u32::from(lead) & (0x7F >> len);
    for at in 1..len {
        match bytes.get(at) {
            Some(byte @ 0x80..0xC0) => scalar = scalar << 6 | tail(*byte),
            _ => return (MALFORMED, at),
        }
    }
    (scalar, len)
}

/// The bits of a byte that goes on with a character.
fn tail(byte: u8) -> u32 {
    u32::from(byte & 0x3F)
}
