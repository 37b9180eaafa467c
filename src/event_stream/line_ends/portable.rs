use super::BLOCK;

/// A bit for each byte of the block, the lowest for the first: whether it is LF or CR.
#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    /// LF, and below CR, in each of the eight bytes.
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
