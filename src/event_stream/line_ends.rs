//! Where lines end, 64 bytes at a glance.

pub(super) const BLOCK: usize = 64;

/// A bit for each byte of the block, the lowest for the first: whether it is LF or CR.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
pub(super) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    use crate::simd::{pieces, v128};
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128_any_true, v128_or};

    let ends = |piece: v128| {
        let line_feeds = u8x16_eq(piece, u8x16_splat(b'\n'));
        v128_or(line_feeds, u8x16_eq(piece, u8x16_splat(b'\r')))
    };
    // Written out: at the level that keeps the module small, no loop is unrolled.
    let [a, b, c, d] = pieces(block);
    let (a, b, c, d) = (ends(a), ends(b), ends(c), ends(d));
    // What most blocks of a long line hold: none.
    if !v128_any_true(v128_or(v128_or(a, b), v128_or(c, d))) {
        return 0;
    }
    let bits = |ends: v128| u64::from(u8x16_bitmask(ends));
    bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48
}

/// A bit for each byte of the block, the lowest for the first: whether it is LF or CR.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline]
pub(super) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    /// A byte of each is all that there is of them, in all eight places.
    const LINE_FEEDS: u64 = u64::from_ne_bytes([b'\n'; 8]);
    const CARRIAGE_RETURNS: u64 = u64::from_ne_bytes([b'\r'; 8]);
    const LOW_BITS: u64 = u64::from_ne_bytes([0x7f; 8]);
    /// Moves the lowest bit of each byte into the highest byte, in order.
    const TO_THE_TOP: u64 = 0x0102_0408_1020_4080;

    /// The highest bit of each byte that is zero, and no other.
    fn zeros(bytes: u64) -> u64 {
        !(((bytes & LOW_BITS) + LOW_BITS) | bytes | LOW_BITS)
    }

    let (pieces, _) = block.as_chunks();
    pieces.iter().rev().fold(0, |all, piece| {
        let bytes = u64::from_le_bytes(*piece);
        let ends = zeros(bytes ^ LINE_FEEDS) | zeros(bytes ^ CARRIAGE_RETURNS);
        all << 8 | (ends >> 7).wrapping_mul(TO_THE_TOP) >> 56
    })
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, line_ends};

    #[test]
    fn each_byte_is_told_apart_in_each_place() {
        for place in 0..BLOCK {
            for byte in 0..=255 {
                let mut block = [b'x'; BLOCK];
                block[place] = byte;
                let expected = u64::from(matches!(byte, b'\n' | b'\r')) << place;
                assert_eq!(line_ends(&block), expected, "{byte} in {place}");
            }
        }
    }

    #[test]
    fn neighbours_do_not_mistake_each_other() {
        let block: [u8; BLOCK] = core::array::from_fn(|place| b"\n\x0b\r\x0c\x8a\x8d\0"[place % 7]);
        let expected = (0..BLOCK).filter(|place| matches!(place % 7, 0 | 2));
        assert_eq!(
            line_ends(&block),
            expected.fold(0, |ends, place| ends | 1 << place)
        );
    }
}
