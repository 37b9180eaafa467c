use super::BLOCK;

/// A bit for each byte of the block, the lowest for the first: whether it is LF or CR.
#[inline(always)]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
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
