//! `[NON-SPEC]` When a silent connection counts as dead.
use core::time::Duration;

use authenticated_event_source::connection::{HeartbeatTimeout, Liveness, Reason};
use proptest::prelude::*;

use crate::strategies::{any_time, config};

const S: Duration = Duration::from_secs(1);

/// Opened at zero, with bytes after each of the pauses; the time of the last one.
fn listened(
    timeout: HeartbeatTimeout,
    pauses: &[Duration],
    comments: bool,
) -> (Liveness, Duration) {
    let mut liveness = Liveness::new(timeout);
    liveness.opened(Duration::ZERO);
    let mut now = Duration::ZERO;
    for pause in pauses {
        now += *pause;
        liveness.sign(now, now, comments);
    }
    (liveness, now)
}

#[test]
fn a_stream_without_a_rhythm_may_be_silent_for_ever() {
    let (liveness, _) = listened(HeartbeatTimeout::Auto, &[], false);
    assert_eq!(liveness.deadline(), None);
    let (liveness, _) = listened(HeartbeatTimeout::Auto, &[S, 60 * S, 5 * S, 600 * S], false);
    assert_eq!(liveness.deadline(), None);
}

#[test]
fn a_rhythm_arms_the_watch_with_three_times_the_longest_pause() {
    let (liveness, now) = listened(HeartbeatTimeout::Auto, &[15 * S, 16 * S, 14 * S], false);
    assert_eq!(liveness.deadline(), Some(now + 48 * S));
}

#[test]
fn a_quick_rhythm_is_given_ten_seconds() {
    let (liveness, now) = listened(HeartbeatTimeout::Auto, &[S, S, S], false);
    assert_eq!(liveness.deadline(), Some(now + 10 * S));
}

#[test]
fn two_keep_alive_comments_are_a_rhythm() {
    let (liveness, now) = listened(HeartbeatTimeout::Auto, &[15 * S, 15 * S], true);
    assert_eq!(liveness.deadline(), Some(now + 45 * S));
}

#[test]
fn the_time_that_listeners_take_is_no_pause() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto);
    liveness.opened(Duration::ZERO);
    for second in (0..70).step_by(7) {
        let arrived = second * S;
        liveness.sign(arrived, arrived + 7 * S, false);
    }
    assert_eq!(liveness.deadline(), None);
}

#[test]
fn the_pieces_of_a_burst_are_no_rhythm() {
    let (liveness, _) = listened(HeartbeatTimeout::Auto, &[S / 100; 1000], true);
    assert_eq!(liveness.deadline(), None);
}

/// Proxies that buffer: the response headers come, the stream does not.
#[test]
fn a_stream_that_never_speaks_is_mute_and_one_that_stops_has_stalled() {
    let (mut liveness, now) = listened(HeartbeatTimeout::After(20 * S), &[], false);
    assert_eq!(liveness.stalled(now + 20 * S), Reason::Mute);
    let (mut liveness, now) = listened(HeartbeatTimeout::After(20 * S), &[S], false);
    assert_eq!(liveness.stalled(now + 20 * S), Reason::Stalled);
    liveness.opened(now + 30 * S);
    assert_eq!(liveness.stalled(now + 50 * S), Reason::Mute);
}

#[test]
fn a_rhythm_that_is_announced_arms_the_watch_from_the_start() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto);
    liveness.opened(S);
    liveness.announced(Some(15 * S));
    assert_eq!(liveness.deadline(), Some(46 * S));
    liveness.announced(Some(S));
    assert_eq!(liveness.deadline(), Some(11 * S), "at least ten seconds");
    liveness.announced(None);
    assert_eq!(liveness.deadline(), None);
}

#[test]
fn a_timeout_of_the_caller_outranks_what_is_announced() {
    for (timeout, deadline) in [
        (HeartbeatTimeout::After(40 * S), Some(40 * S)),
        (HeartbeatTimeout::Never, None),
    ] {
        let mut liveness = Liveness::new(timeout);
        liveness.announced(Some(15 * S));
        assert_eq!(liveness.deadline(), deadline);
    }
}

/// An announcement that is not kept.
#[test]
fn a_pause_longer_than_announced_is_learned() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto);
    liveness.announced(Some(10 * S));
    liveness.opened(Duration::ZERO);
    liveness.stalled(30 * S);
    liveness.opened(30 * S);
    assert_eq!(liveness.deadline(), Some(120 * S));
}

/// After a false alarm the same pause must not fool us again.
#[test]
fn a_pause_that_was_taken_for_death_is_learned() {
    let (mut liveness, now) = listened(HeartbeatTimeout::Auto, &[4 * S, 4 * S, 4 * S], false);
    let patience = liveness.deadline().expect("there is a rhythm") - now;
    liveness.stalled(now + patience);
    liveness.opened(now + patience);
    let later = now + patience;
    let longer = liveness.deadline().expect("the rhythm stays") - later;
    assert!(longer >= 3 * patience, "{longer:?} after {patience:?}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn each_byte_moves_a_fixed_deadline(
        timeout in (1_u64..600).prop_map(Duration::from_secs),
        pauses in proptest::collection::vec((0_u64..600_000).prop_map(Duration::from_millis), 0..9),
        comments in any::<bool>(),
    ) {
        let (liveness, now) = listened(HeartbeatTimeout::After(timeout), &pauses, comments);
        prop_assert_eq!(liveness.deadline(), Some(now + timeout));
    }

    #[test]
    fn never_is_never(
        pauses in proptest::collection::vec((0_u64..600_000).prop_map(Duration::from_millis), 0..9),
        comments in any::<bool>(),
    ) {
        prop_assert_eq!(listened(HeartbeatTimeout::Never, &pauses, comments).0.deadline(), None);
    }

    /// A deadline that was learned is never shorter than ten seconds, nor than three times any
    /// pause that the stream survived.
    #[test]
    fn a_learned_deadline_is_patient(
        pauses in proptest::collection::vec((0_u64..60_000).prop_map(Duration::from_millis), 1..20),
        comments in any::<bool>(),
    ) {
        let (liveness, now) = listened(HeartbeatTimeout::Auto, &pauses, comments);
        if let Some(deadline) = liveness.deadline() {
            let patience = deadline - now;
            prop_assert!(patience >= 10 * S);
            let longest = pauses.iter().max().copied().unwrap_or_default();
            prop_assert!(patience >= 3 * longest);
        }
    }

    /// Clocks jump and callers choose absurd timeouts: nothing may panic.
    #[test]
    fn no_time_panics(
        timeout in any_time(),
        times in proptest::collection::vec((any_time(), 0_u8..5), 0..9),
    ) {
        for timeout in [HeartbeatTimeout::Auto, HeartbeatTimeout::After(timeout)] {
            let mut liveness = Liveness::new(timeout);
            for (now, what) in &times {
                match what {
                    0 => liveness.opened(*now),
                    1 => {
                        liveness.stalled(*now);
                    }
                    4 => liveness.announced(Some(*now)),
                    _ => liveness.sign(*now, *now, *what == 2),
                }
                liveness.deadline();
            }
        }
    }
}
