//! What JavaScript's strings need: how much of the bytes is ASCII, and UTF-16.

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

/// Whether more than one byte in so many is not ASCII: a decoder is then slower for all of them than strings that are made
/// one by one.
const MANY: usize = 10;

/// Whether many of the bytes are not ASCII.
pub(super) fn is_dense(bytes: &[u8]) -> bool {
    let (blocks, _) = bytes.as_chunks();
    let wide: u32 = blocks
        .iter()
        .map(|block| wide_bytes(block).count_ones())
        .sum();
    wide as usize > bytes.len() / MANY
}

/// Where places in UTF-8 are among the UTF-16 units that a decoder makes of it, which so need not be called for each value
/// by itself.
pub(super) struct Utf16Offsets<'a> {
    bytes: &'a [u8],
    /// The next byte that is not ASCII, of those that were not counted.
    wide: usize,
    /// How many more bytes than units there are in front of it.
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

    /// How many units there are before a place, which no character goes across. It must not be in front of
    /// the one that was asked for last.
    #[inline(always)]
    pub(super) fn before(&mut self, place: usize) -> usize {
        while self.wide < place {
            let (scalar, len) = scalar(&self.bytes[self.wide..]);
            self.excess += len - 1 - usize::from(scalar >= 0x1_0000);
            self.wide = next_wide(self.bytes, self.wide + len);
        }
        place - self.excess
    }
}

/// Where the next byte is that is not ASCII.
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

/// A bit for each byte, the lowest for the first: whether it is not ASCII.
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
