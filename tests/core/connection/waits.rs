//! The waits of the retry policy, with given random numbers.
use core::time::Duration;

use authenticated_event_source::connection::{
    Decision, Failure, Jitter, Millis, Reason, Retry, RetryState,
};
use proptest::prelude::*;

use crate::strategies::{any_time, config, policy, random};

const BASE: Duration = Duration::from_secs(3);
const THROWS: u32 = if cfg!(miri) { 1_000 } else { 10_000 };

/// The wait of the policy, as a caller of the API sees it.
fn wait(policy: &Retry, base: Duration, retry: u32, random: f64) -> Duration {
    policy.wait(base.into(), retry, random).into()
}

/// Returns the middle of each of many equal parts of `[0, 1)`.
fn evenly_spread() -> impl Iterator<Item = f64> {
    (0..THROWS).map(|throw| (f64::from(throw) + 0.5) / f64::from(THROWS))
}

/// How many waits fall into each tenth of the range.
fn tenths(retry: u32, longest: Duration) -> [u32; 10] {
    let policy = Retry::default();
    let mut counts = [0; 10];
    for random in evenly_spread() {
        let extra = wait(&policy, BASE, retry, random) - BASE;
        let tenth = 10 * extra.as_millis() / (longest - BASE).as_millis();
        counts[tenth as usize] += 1;
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
    assert_eq!(wait(&policy, BASE, 1, 0.0), BASE);
    assert_eq!(wait(&policy, BASE, 1, 0.5), BASE * 3 / 2);
    assert!(wait(&policy, BASE, 1, 0.999) > BASE * 199 / 100);
}

#[test]
fn without_jitter_the_waits_are_1_2_and_4_times_the_base() {
    let policy = Retry::default().jitter(Jitter::None);
    for random in evenly_spread().step_by(100) {
        assert_eq!(wait(&policy, BASE, 1, random), BASE);
        assert_eq!(wait(&policy, BASE, 2, random), BASE * 2);
        assert_eq!(wait(&policy, BASE, 3, random), BASE * 4);
        assert_eq!(wait(&policy, BASE, 9, random), Duration::from_secs(30));
    }
}

#[test]
fn an_initial_delay_of_zero_is_raised_to_a_millisecond() {
    let retry = Retry::default().initial_delay(Duration::ZERO);
    let state = RetryState::new(retry, false, String::new());
    assert_eq!(state.reconnection_time(), Millis::new(1));
}

#[test]
fn the_browsers_policy_waits_the_reconnection_time() {
    for random in evenly_spread().step_by(100) {
        for retry in [1, 2, 3, 100, u32::MAX] {
            assert_eq!(wait(&Retry::spec(), BASE, retry, random), BASE);
        }
    }
}

#[test]
fn a_reconnection_time_longer_than_the_longest_delay_is_not_undercut() {
    let base = Duration::from_secs(600);
    for random in evenly_spread().step_by(100) {
        assert_eq!(wait(&Retry::default(), base, 5, random), base);
    }
}

#[test]
fn retry_after_is_a_floor_not_a_ceiling() {
    let after = |seconds| {
        let mut failure = Failure::with_status(Reason::Status, 503);
        failure.retry_after = Some(Millis::from_secs(seconds));
        RetryState::new(Retry::default(), false, String::new()).decide(
            &failure,
            None,
            Millis::ZERO,
            0.5,
        )
    };
    assert_eq!(after(100), Decision::Wait(Millis::from_secs(100)));
    assert_eq!(after(1), Decision::Wait(Millis::new(4500)));
}

/// `retry: 0` must not cause a tight loop, and a huge value must not stop the client.
#[test]
fn the_streams_reconnection_time_is_bounded() {
    let mut connection = RetryState::new(Retry::default(), false, String::new());
    connection.set_reconnection_time(Millis::ZERO);
    assert_eq!(connection.reconnection_time(), Millis::new(100));
    connection.set_reconnection_time(Millis::MAX);
    assert_eq!(connection.reconnection_time(), Millis::from_secs(3600));
    let mut connection = RetryState::new(Retry::spec(), false, String::new());
    connection.set_reconnection_time(Millis::ZERO);
    assert_eq!(connection.reconnection_time(), Millis::new(100));
    connection.set_reconnection_time(Millis::from_secs(86_400));
    assert_eq!(connection.reconnection_time(), Millis::from_secs(86_400));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_higher_throw_never_waits_shorter(
        policy in policy(),
        base in any_time(),
        retry in any::<u32>(),
        random in (random(), random()),
    ) {
        let (low, high) = (random.0.min(random.1), random.0.max(random.1));
        let low = policy.retry.wait(base.into(), retry, low);
        prop_assert!(Millis::from(base) <= low);
        prop_assert!(low <= policy.retry.wait(base.into(), retry, high));
    }

    #[test]
    fn the_range_never_shrinks_with_the_count(
        policy in policy(),
        base in any_time(),
        retry in 1_u32..100,
        random in random(),
    ) {
        let wait = |retry| policy.retry.wait(base.into(), retry, random);
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
        random in random(),
    ) {
        let policy = Retry::default()
            .jitter(jitter)
            .initial_delay(initial_delay)
            .max_delay(max_delay)
            .multiplier(multiplier)
            .reset_after(reset_after);
        prop_assert!(policy.wait(base.into(), retry, random) >= base.into());
        let mut connection = RetryState::new(policy, false, String::new());
        let next = connection.decide(&Failure::new(Reason::Network), None, base.into(), random);
        prop_assert!(matches!(next, Decision::Wait(wait) if wait >= initial_delay.into()));
    }
}
