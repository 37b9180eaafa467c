//! How long something takes; or a moment, as the time since an epoch of the caller's.
//!
//! The standard library's counts seconds and nanoseconds in two numbers, so that each sum is a dozen
//! instructions: a twentieth of what the npm package weighs. There all times come from JavaScript's
//! clock, and one number of whole milliseconds holds them.

#[cfg(not(npm_module))]
pub(crate) use core::time::Duration;
#[cfg(npm_module)]
pub(crate) use milliseconds::Duration;

#[cfg(any(npm_module, test))]
#[allow(
    unreachable_pub,
    reason = "as public as the one that it stands for: public fields are of it"
)]
mod milliseconds {
    use core::ops::Div;

    /// What this crate uses of [`core::time::Duration`], in whole milliseconds; fractions are dropped.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Duration(u64);

    impl Duration {
        pub const ZERO: Self = Self(0);
        pub const MAX: Self = Self(u64::MAX);

        pub const fn from_secs(seconds: u64) -> Self {
            Self(seconds.saturating_mul(1000))
        }

        pub const fn from_millis(milliseconds: u64) -> Self {
            Self(milliseconds)
        }

        pub const fn from_nanos(nanoseconds: u64) -> Self {
            Self(nanoseconds / 1_000_000)
        }

        pub const fn is_zero(&self) -> bool {
            self.0 == 0
        }

        pub fn as_millis(self) -> u128 {
            self.0.into()
        }

        pub fn as_secs_f64(self) -> f64 {
            self.0 as f64 / 1000.0
        }

        pub const fn saturating_add(self, other: Self) -> Self {
            Self(self.0.saturating_add(other.0))
        }

        pub const fn saturating_sub(self, other: Self) -> Self {
            Self(self.0.saturating_sub(other.0))
        }

        pub const fn saturating_mul(self, times: u32) -> Self {
            Self(self.0.saturating_mul(times as u64))
        }

        pub fn checked_sub(self, other: Self) -> Option<Self> {
            self.0.checked_sub(other.0).map(Self)
        }
    }

    impl Div<u32> for Duration {
        type Output = Self;

        fn div(self, parts: u32) -> Self {
            Self(self.0 / u64::from(parts))
        }
    }
}

/// Tests compile both, and they agree.
#[cfg(test)]
mod tests {
    use core::time::Duration as Theirs;

    use super::milliseconds::Duration as Ours;

    /// Waits, and a moment of today, around where seconds begin.
    const MILLISECONDS: [u64; 9] = [
        0,
        1,
        999,
        1000,
        1001,
        29_999,
        30_000,
        3_600_001,
        1_800_000_000_123,
    ];

    #[test]
    fn one_number_of_milliseconds_reckons_as_the_standard_library_does() {
        for a in MILLISECONDS {
            let (ours, theirs) = (Ours::from_millis(a), Theirs::from_millis(a));
            assert_eq!(ours.as_millis(), theirs.as_millis());
            assert_eq!(ours.is_zero(), theirs.is_zero());
            assert_eq!(
                Ours::from_secs(a).as_millis(),
                Theirs::from_secs(a).as_millis()
            );
            assert_eq!(
                Ours::from_nanos(a).as_millis(),
                Theirs::from_nanos(a).as_millis()
            );
            assert!((ours.as_secs_f64() - theirs.as_secs_f64()).abs() < 1e-6);
            for n in [1, 2, 3, 7, 1000] {
                assert_eq!((ours / n).as_millis(), (theirs / n).as_millis());
                let times = theirs.saturating_mul(n).as_millis();
                assert_eq!(ours.saturating_mul(n).as_millis(), times);
            }
        }
    }

    #[test]
    fn so_do_two() {
        for (a, b) in MILLISECONDS
            .iter()
            .flat_map(|a| MILLISECONDS.map(|b| (*a, b)))
        {
            let [ours, our_other] = [a, b].map(Ours::from_millis);
            let [theirs, their_other] = [a, b].map(Theirs::from_millis);
            let sum = theirs.saturating_add(their_other).as_millis();
            assert_eq!(ours.saturating_add(our_other).as_millis(), sum);
            let difference = theirs.saturating_sub(their_other).as_millis();
            assert_eq!(ours.saturating_sub(our_other).as_millis(), difference);
            let rest = theirs.checked_sub(their_other).map(|rest| rest.as_millis());
            assert_eq!(ours.checked_sub(our_other).map(Ours::as_millis), rest);
            assert_eq!(ours.cmp(&our_other), theirs.cmp(&their_other));
        }
    }

    #[test]
    fn no_sum_overflows() {
        let one = Ours::from_millis(1);
        assert_eq!(Ours::MAX.saturating_add(one), Ours::MAX);
        assert_eq!(Ours::MAX.saturating_mul(3), Ours::MAX);
        assert_eq!(Ours::from_secs(u64::MAX), Ours::MAX);
        assert_eq!(Ours::ZERO.saturating_sub(one), Ours::ZERO);
    }
}
