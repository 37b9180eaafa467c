//! Time in whole milliseconds.

use core::time::Duration;

/// A wait, or a moment as the time since an epoch of the caller, in whole milliseconds.
///
/// [`Duration`] counts seconds and nanoseconds in two numbers, and each sum of two is a dozen
/// instructions: 1.2 KB of the npm package. The clock of JavaScript counts milliseconds anyway.
/// The Rust API takes and returns [`Duration`], and converts at its boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(u64);

impl Millis {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// The longest time, 584 million years. Longer sums and products are this long.
    pub const MAX: Self = Self(u64::MAX);

    /// A number of milliseconds.
    pub const fn new(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// A number of seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The same time, rounded up: a short wait of the caller never becomes none.
    pub const fn from_duration(time: Duration) -> Self {
        let milliseconds = time.subsec_nanos().div_ceil(1_000_000);
        Self::from_secs(time.as_secs()).saturating_add(Self(milliseconds as u64))
    }

    /// The number of milliseconds.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, at most [`MAX`](Self::MAX).
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least [`ZERO`](Self::ZERO).
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product, at most [`MAX`](Self::MAX).
    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// The quotient, rounded down.
    ///
    /// # Panics
    /// If `divisor` is zero.
    #[must_use]
    pub const fn divided_by(self, divisor: u64) -> Self {
        Self(self.0 / divisor)
    }
}

impl From<Duration> for Millis {
    fn from(time: Duration) -> Self {
        Self::from_duration(time)
    }
}

impl From<Millis> for Duration {
    fn from(time: Millis) -> Self {
        Self::from_millis(time.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_of_whole_milliseconds_converts_both_ways() {
        for milliseconds in [0, 1, 999, 1000, 1001, 30_000, 1_800_000_000_123, u64::MAX] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(Millis::from(duration), Millis::new(milliseconds));
            assert_eq!(Duration::from(Millis::new(milliseconds)), duration);
        }
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_rounded_up() {
        assert_eq!(Millis::from(Duration::from_nanos(1)), Millis::new(1));
        assert_eq!(
            Millis::from(Duration::from_nanos(1_999_999_999)),
            Millis::new(2000)
        );
    }

    #[test]
    fn no_time_overflows() {
        let one = Millis::new(1);
        assert_eq!(Millis::MAX.saturating_add(one), Millis::MAX);
        assert_eq!(Millis::MAX.saturating_mul(3), Millis::MAX);
        assert_eq!(Millis::from_secs(u64::MAX), Millis::MAX);
        assert_eq!(Millis::from(Duration::MAX), Millis::MAX);
        assert_eq!(Millis::ZERO.saturating_sub(one), Millis::ZERO);
    }
}
