use super::BLOCK;

/// A bit for each byte of the block, the lowest for the first: whether it is LF or CR.
///
/// The compiler makes vector instructions of it. The intrinsics of these targets would need
/// `unsafe`, and inside a larger function the compiler fails to see that it can.
#[inline(never)]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    /// Moves the lowest bit of each byte into the highest byte, in order.
    const TO_THE_TOP: u64 = 0x0102_0408_1020_4080;

    let ends = block.map(|byte| u8::from((byte == b'\n') | (byte == b'\r')));
    let (pieces, _) = ends.as_chunks();
    let pieces = || pieces.iter().rev().map(|piece| u64::from_le_bytes(*piece));
    // Most blocks of a long line have none.
    if pieces().fold(0, |any, ends| any | ends) == 0 {
        return 0;
    }
    pieces().fold(0, |bits, ends| {
        bits << 8 | ends.wrapping_mul(TO_THE_TOP) >> 56
    })
}
