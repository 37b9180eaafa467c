//! Finds line ends, 64 bytes at a time.
//!
//! `memchr` would be called once for each line, and most lines are short. One block of 64 bytes
//! holds the ends of several lines.

pub(super) const BLOCK: usize = 64;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm32;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use wasm32::line_ends;

#[cfg(all(
    feature = "stream",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod wide;
#[cfg(all(
    feature = "stream",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) use wide::line_ends;

/// Without a dependency.
#[cfg(all(
    not(feature = "stream"),
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod vectorized;
#[cfg(all(
    not(feature = "stream"),
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) use vectorized::line_ends;

/// Targets without vectors, and tests on every target.
#[cfg(any(
    test,
    not(any(
        all(target_arch = "wasm32", target_feature = "simd128"),
        target_arch = "x86_64",
        target_arch = "aarch64"
    ))
))]
mod portable;
#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    target_arch = "x86_64",
    target_arch = "aarch64"
)))]
pub(super) use portable::line_ends;

#[cfg(test)]
mod tests {
    use super::portable::line_ends as portable_line_ends;
    use super::{BLOCK, line_ends};

    /// Compares the version for this target and the portable one with what is expected.
    fn check(block: &[u8; BLOCK], expected: u64) {
        assert_eq!(line_ends(block), expected, "{block:?}");
        assert_eq!(portable_line_ends(block), expected, "portable, {block:?}");
    }

    #[test]
    fn each_byte_is_told_apart_in_each_place() {
        for place in 0..BLOCK {
            for byte in (0..=255).filter(|byte| !cfg!(miri) || matches!(byte % 0x80, 0x0a..=0x0d)) {
                let mut block = [b'x'; BLOCK];
                block[place] = byte;
                let expected = u64::from(matches!(byte, b'\n' | b'\r')) << place;
                check(&block, expected);
            }
        }
    }

    #[test]
    fn neighbours_do_not_mistake_each_other() {
        let block: [u8; BLOCK] = core::array::from_fn(|place| b"\n\x0b\r\x0c\x8a\x8d\0"[place % 7]);
        let expected = (0..BLOCK).filter(|place| matches!(place % 7, 0 | 2));
        check(&block, expected.fold(0, |ends, place| ends | 1 << place));
    }
}
