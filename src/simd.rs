//! Loads and stores of 16-byte vectors on wasm32, without `unsafe`.

pub(crate) use core::arch::wasm32::v128;

use core::arch::wasm32::u64x2;

/// Loads a block as four vectors.
#[inline(always)]
pub(crate) fn pieces(block: &[u8; 64]) -> [v128; 4] {
    let (pieces, _) = block.as_chunks();
    let piece = |index: usize| load(&pieces[index]);
    [piece(0), piece(1), piece(2), piece(3)]
}

/// Loads a vector. The compiler emits one load instruction.
#[inline(always)]
pub(crate) fn load(bytes: &[u8; 16]) -> v128 {
    let bytes = u128::from_le_bytes(*bytes);
    u64x2(bytes as u64, (bytes >> 64) as u64)
}

/// Returns the lanes of a vector. The compiler emits one store instruction.
#[cfg(feature = "npm")]
#[inline(always)]
pub(crate) fn units(vector: v128) -> [u16; 8] {
    use core::arch::wasm32::u16x8_extract_lane as unit;

    [
        unit::<0>(vector),
        unit::<1>(vector),
        unit::<2>(vector),
        unit::<3>(vector),
        unit::<4>(vector),
        unit::<5>(vector),
        unit::<6>(vector),
        unit::<7>(vector),
    ]
}
