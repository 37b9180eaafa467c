//! Converts UTF-8 to the strings of JavaScript: finds bytes that are not ASCII, converts offsets and
//! text to UTF-16.

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

/// If more than one byte of this many is not ASCII, a decoder is slower than strings that are created
/// one by one.
const MANY: usize = 10;

/// Whether more than one in [`MANY`] bytes is not ASCII.
pub(super) fn is_dense(bytes: &[u8]) -> bool {
    let (blocks, _) = bytes.as_chunks();
    let wide: u32 = blocks
        .iter()
        .map(|block| wide_bytes(block).count_ones())
        .sum();
    wide as usize > bytes.len() / MANY
}

/// Converts byte offsets in UTF-8 to offsets in UTF-16, so that a decoder is called once for many
/// values.
pub(super) struct Utf16Offsets<'a> {
    bytes: &'a [u8],
    /// The first byte that is not ASCII and was not counted.
    wide: usize,
    /// How many more bytes than units precede it.
    excess: usize,
}

impl<'a> Utf16Offsets<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            wide: next_wide(bytes, 0),
            excess: 0,
        }
    }

    /// Returns the number of units before a byte offset. The offset must be at the start of a character,
    /// and not before the offset of the latest call.
    #[inline(always)]
    pub(super) fn before(&mut self, offset: usize) -> usize {
        while self.wide < offset {
            let (scalar, len) = scalar(&self.bytes[self.wide..]);
            self.excess += len - 1 - usize::from(scalar >= 0x1_0000);
            self.wide = next_wide(self.bytes, self.wide + len);
        }
        offset - self.excess
    }
}

/// The offset of the next byte that is not ASCII.
fn next_wide(bytes: &[u8], mut at: usize) -> usize {
    while let Some(block) = bytes[at..].first_chunk() {
        let wide = wide_bytes(block);
        if wide != 0 {
            return at + wide.trailing_zeros() as usize;
        }
        at += block.len();
    }
    let rest = bytes[at..].iter();
    at + rest.take_while(|byte| byte.is_ascii()).count()
}

/// A bit for each byte that is not ASCII, the lowest for the first byte.
#[cfg(target_feature = "simd128")]
#[inline(always)]
fn wide_bytes(block: &[u8; 16]) -> u16 {
    core::arch::wasm32::u8x16_bitmask(crate::simd::load(block))
}

#[cfg(not(target_feature = "simd128"))]
fn wide_bytes(block: &[u8; 16]) -> u16 {
    let bits = block.iter().rev().map(|byte| u16::from(byte >> 7));
    bits.fold(0, |all, bit| all << 1 | bit)
}

/// [UTF-8 decode without BOM](https://encoding.spec.whatwg.org/#utf-8-decode-without-bom), into
/// UTF-16. Malformed bytes become U+FFFD. Returns the number of units, at most the number of bytes.
pub(super) fn widen(bytes: &[u8], units: &mut [u16]) -> usize {
    let len = units.len();
    let mut room = units.iter_mut();
    let mut rest = bytes;
    loop {
        // Frequent cases first. `scalar` handles the rest, and is slower.
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

/// Writes a unit at the start of the room.
#[inline(always)]
fn put(unit: u32, room: &mut IterMut<'_, u16>) {
    if let Some(slot) = room.next() {
        *slot = unit as u16;
    }
}

/// Converts the first sixteen bytes if all are ASCII, and returns the rest.
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

/// Decodes the code point at the start of `bytes`, which is not ASCII, and returns its length. A
/// malformed sequence is one U+FFFD, up to the first byte that cannot continue it ([UTF-8 decoder]).
///
/// [UTF-8 decoder]: https://encoding.spec.whatwg.org/#utf-8-decoder
fn scalar(bytes: &[u8]) -> (u32, usize) {
    const MALFORMED: u32 = 0xFFFD;

    let lead = bytes[0];
    let second = bytes.get(1).map_or(0, |byte| u16::from(*byte));
    // The second byte shows overlong forms, surrogates and code points above U+10FFFF.
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

/// The bits of a continuation byte.
fn tail(byte: u8) -> u32 {
    u32::from(byte & 0x3F)
}
