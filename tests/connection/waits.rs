//! The waits of the policy, with dice that we throw ourselves.
use core::time::Duration;

use authenticated_event_source::connection::{Connection, Failure, Jitter, Next, Reason, Retry};
use proptest::prelude::*;

use crate::strategies::{any_time, config, dice, policy};

const BASE: Duration = Duration::from_secs(3);
const THROWS: u32 = if cfg!(miri) { 1_000 } else { 10_000 };

/// One throw in the middle of each of equal parts of `[0, 1)`: dice as fair as can be.
fn fair_dice() -> impl Iterator<Item = f64> {
    (0..THROWS).map(|throw| (f64::from(throw) + 0.5) / f64::from(THROWS))
}

/// How many waits fall into each tenth of the range.
fn tenths(retry: u32, longest: Duration) -> [u32; 10] {
    let policy = Retry::default();
    let mut counts = [0; 10];
    for dice in fair_dice() {
        let extra = policy.wait(BASE, retry, dice) - BASE;
        let part = extra.as_secs_f64() / (longest - BASE).as_secs_f64();
        counts[(part * 10.0) as usize] += 1;
    }
    counts
}

#[test]
fn full_jitter_spreads_evenly_over_the_whole_range() {
    for (retry, longest) in [(1, 6), (2, 12), (3, 24), (4, 30), (50, 30)] {
        let counts = tenths(retry, Duration::from_secs(longest));
        assert_eq!(counts, [THROWS / 10; 10], "retry {retry}");
    }
}

#[test]
fn already_the_first_wait_is_spread() {
    let policy = Retry::default();
    assert_eq!(policy.wait(BASE, 1, 0.0), BASE);
    assert_eq!(policy.wait(BASE, 1, 0.5), BASE * 3 / 2);
    assert!(policy.wait(BASE, 1, 0.999) > BASE * 199 / 100);
}

#[test]
fn without_jitter_the_wait_is_the_longest_whatever_the_dice() {
    let policy = Retry::default().jitter(Jitter::None);
    for dice in fair_dice().step_by(100) {
        assert_eq!(policy.wait(BASE, 1, dice), BASE * 2);
        assert_eq!(policy.wait(BASE, 9, dice), Duration::from_secs(30));
    }
}

#[test]
fn the_browsers_policy_waits_the_reconnection_time() {
    for dice in fair_dice().step_by(100) {
        for retry in [1, 2, 3, 100, u32::MAX] {
            assert_eq!(Retry::spec().wait(BASE, retry, dice), BASE);
        }
    }
}

#[test]
fn a_reconnection_time_longer_than_the_longest_delay_is_not_undercut() {
    let base = Duration::from_secs(600);
    for dice in fair_dice().step_by(100) {
        assert_eq!(Retry::default().wait(base, 5, dice), base);
    }
}

#[test]
fn retry_after_is_a_floor_not_a_ceiling() {
    let after = |seconds| {
        let mut failure = Failure::with_status(Reason::Status, 503);
        failure.retry_after = Some(Duration::from_secs(seconds));
        Connection::new(Retry::default(), false, String::new()).interrupted(
            &failure,
            None,
            Duration::ZERO,
            0.5,
        )
    };
    assert_eq!(after(100), Next::Wait(Duration::from_secs(100)));
    assert_eq!(after(1), Next::Wait(Duration::from_millis(4500)));
}

/// A stream that says `retry: 0` must not make a tight loop, nor an absurd one a dead client.
#[test]
fn the_streams_reconnection_time_is_bounded() {
    let mut connection = Connection::new(Retry::default(), false, String::new());
    connection.set_reconnection_time(Duration::ZERO);
    assert_eq!(connection.reconnection_time(), Duration::from_millis(100));
    connection.set_reconnection_time(Duration::from_millis(u64::MAX));
    assert_eq!(connection.reconnection_time(), Duration::from_secs(3600));
    let mut connection = Connection::new(Retry::spec(), false, String::new());
    connection.set_reconnection_time(Duration::ZERO);
    assert_eq!(connection.reconnection_time(), Duration::ZERO);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_higher_throw_never_waits_shorter(
        policy in policy(),
        base in any_time(),
        retry in any::<u32>(),
        dice in (dice(), dice()),
    ) {
        let (low, high) = (dice.0.min(dice.1), dice.0.max(dice.1));
        let low = policy.retry.wait(base, retry, low);
        prop_assert!(base <= low);
        prop_assert!(low <= policy.retry.wait(base, retry, high));
    }

    #[test]
    fn the_range_never_shrinks_with_the_count(
        policy in policy(),
        base in any_time(),
        retry in 1_u32..100,
        dice in dice(),
    ) {
        let wait = |retry| policy.retry.wait(base, retry, dice);
        prop_assert!(wait(retry) <= wait(retry + 1));
    }

    /// A caller may choose any times; absurd ones must not panic.
    #[test]
    fn no_policy_panics(
        initial_delay in any_time(),
        max_delay in any_time(),
        multiplier in any::<f64>(),
        reset_after in any_time(),
        jitter in proptest::sample::select(&[Jitter::Full, Jitter::None][..]),
        base in any_time(),
        retry in any::<u32>(),
        dice in dice(),
    ) {
        let policy = Retry::default()
            .jitter(jitter)
            .initial_delay(initial_delay)
            .max_delay(max_delay)
            .multiplier(multiplier)
            .reset_after(reset_after);
        prop_assert!(policy.wait(base, retry, dice) >= base);
        let mut connection = Connection::new(policy, false, String::new());
        let next = connection.interrupted(&Failure::new(Reason::Network), None, base, dice);
        prop_assert!(matches!(next, Next::Wait(wait) if wait >= initial_delay));
    }
}
