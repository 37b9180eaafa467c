//! Blocks of 64 bytes as vectors.

pub(crate) use core::arch::wasm32::v128;

use core::arch::wasm32::u64x2;

/// The four vectors of a block.
#[inline(always)]
pub(crate) fn pieces(block: &[u8; 64]) -> [v128; 4] {
    let (pieces, _) = block.as_chunks::<16>();
    let piece = |index: usize| {
        // The compiler makes one load of it.
        let piece = u128::from_le_bytes(pieces[index]);
        u64x2(piece as u64, (piece >> 64) as u64)
    };
    [piece(0), piece(1), piece(2), piece(3)]
}
