use wide::{CmpEq, i8x16};

use super::BLOCK;

/// A bit for each byte of the block, the lowest for the first: whether it is LF or CR.
///
/// The crate `wide` calls the intrinsics, which are `unsafe`.
#[inline(always)]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    let (pieces, _) = block.as_chunks();
    let ends = |index: usize| line_ends_of_piece(&pieces[index]);
    ends(0) | ends(1) << 16 | ends(2) << 32 | ends(3) << 48
}

#[inline(always)]
fn line_ends_of_piece(piece: &[u8; 16]) -> u64 {
    let piece = i8x16::new(piece.map(u8::cast_signed));
    let line_feeds = piece.cmp_eq(i8x16::splat(b'\n'.cast_signed()));
    let ends = line_feeds | piece.cmp_eq(i8x16::splat(b'\r'.cast_signed()));
    u64::from(ends.move_mask().cast_unsigned())
}
