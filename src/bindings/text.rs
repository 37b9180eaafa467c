//! What JavaScript's strings need: whether bytes are ASCII, and UTF-16.

use alloc::vec::Vec;

/// Whether all bytes are below 128, 64 at a glance.
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| high_bits(block) == 0) && rest.is_ascii()
}

/// The highest bits of a block, of which it matters only whether there are any.
fn high_bits(block: &[u8; 64]) -> u64 {
    const HIGH_BITS: u128 = u128::from_ne_bytes([0x80; 16]);

    let (pieces, _) = block.as_chunks::<16>();
    let all = pieces
        .iter()
        .fold(0, |all, piece| all | u128::from_ne_bytes(*piece));
    let high = all & HIGH_BITS;
    high as u64 | (high >> 64) as u64
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
                let (scalar, len) = scalar(rest).unwrap_or_else(|| (0xFFFD, malformed(rest)));
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

/// The code point of more than one byte that `bytes` begin with, and how many of them it is.
fn scalar(bytes: &[u8]) -> Option<(u32, usize)> {
    let (lead, rest) = bytes.split_first()?;
    let lead = u32::from(*lead);
    match (lead, rest) {
        (0xC2..0xE0, [b @ 0x80..0xC0, ..]) => Some(((lead & 0x1F) << 6 | tail(*b), 2)),
        (0xE0..0xF0, [b @ 0x80..0xC0, c @ 0x80..0xC0, ..]) => {
            let scalar = (lead & 0xF) << 12 | tail(*b) << 6 | tail(*c);
            matches!(scalar, 0x800..0xD800 | 0xE000..).then_some((scalar, 3))
        }
        (0xF0..0xF5, [b @ 0x80..0xC0, c @ 0x80..0xC0, d @ 0x80..0xC0, ..]) => {
            let scalar = (lead & 7) << 18 | tail(*b) << 12 | tail(*c) << 6 | tail(*d);
            matches!(scalar, 0x1_0000..0x11_0000).then_some((scalar, 4))
        }
        _ => None,
    }
}

/// The bits of a byte that goes on with a character.
fn tail(byte: u8) -> u32 {
    u32::from(byte & 0x3F)
}

/// How many malformed bytes are one U+FFFD.
#[cold]
fn malformed(bytes: &[u8]) -> usize {
    let first = bytes.utf8_chunks().next();
    first.map_or(1, |chunk| chunk.invalid().len().max(1))
}
