//! `[NON-SPEC]` When a silent connection counts as dead.
use core::time::Duration;

use authenticated_event_source::connection::{HeartbeatTimeout, Liveness, Millis, Reason};
use proptest::prelude::*;

use crate::strategies::{any_time, config};

const S: Duration = Duration::from_secs(1);

/// Opened at zero, with bytes after each of the pauses; the time of the last one.
fn listened(
    timeout: HeartbeatTimeout,
    pauses: &[Duration],
    comments: bool,
) -> (Liveness, Duration) {
    let mut liveness = Liveness::new(timeout.into());
    liveness.on_open(Millis::ZERO, None);
    let mut now = Duration::ZERO;
    for pause in pauses {
        now += *pause;
        liveness.on_bytes(now.into(), now.into(), comments);
    }
    (liveness, now)
}

/// When the connection counts as dead.
fn due(liveness: &Liveness) -> Option<Duration> {
    liveness.deadline().map(Duration::from)
}

#[test]
fn events_do_not_arm_the_automatic_timeout() {
    for pauses in [
        &[][..],
        &[S, 60 * S, 5 * S, 600 * S],
        &[S; 100],
        &[15 * S, 16 * S, 14 * S],
    ] {
        let (liveness, _) = listened(HeartbeatTimeout::Auto, pauses, false);
        assert_eq!(due(&liveness), None);
    }
}

#[test]
fn one_comment_after_silence_does_not_arm_it() {
    let (liveness, _) = listened(HeartbeatTimeout::Auto, &[15 * S], true);
    assert_eq!(due(&liveness), None);
}

#[test]
fn two_comments_after_silence_arm_it_with_three_times_the_longest() {
    let (liveness, now) = listened(HeartbeatTimeout::Auto, &[15 * S, 16 * S], true);
    assert_eq!(due(&liveness), Some(now + 48 * S));
    let (liveness, now) = listened(HeartbeatTimeout::Auto, &[S, S], true);
    assert_eq!(due(&liveness), Some(now + 10 * S), "at least ten seconds");
}

#[test]
fn comments_without_a_second_of_silence_do_not_arm_it() {
    let (liveness, _) = listened(HeartbeatTimeout::Auto, &[S * 999 / 1000; 1000], true);
    assert_eq!(due(&liveness), None);
}

/// Servers restart their keep-alive timer at each event.
#[test]
fn a_silence_begins_at_the_last_byte_of_any_kind() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto.into());
    liveness.on_open(Millis::ZERO, None);
    for (at, is_comment) in [(15, true), (25, false), (40, true)] {
        let now = Millis::from_secs(at);
        liveness.on_bytes(now, now, is_comment);
    }
    assert_eq!(due(&liveness), Some(85 * S));
}

#[test]
fn the_time_that_listeners_take_is_no_silence() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto.into());
    liveness.on_open(Millis::ZERO, None);
    for second in (0..70).step_by(7) {
        let arrived = second * S;
        liveness.on_bytes(arrived.into(), (arrived + 7 * S).into(), true);
    }
    assert_eq!(due(&liveness), None);
}

#[test]
fn a_clock_jump_shortens_the_automatic_deadline_to_half_and_bytes_restore_it() {
    let (mut liveness, now) = listened(HeartbeatTimeout::Auto, &[15 * S, 15 * S], true);
    assert_eq!(due(&liveness), Some(now + 45 * S));
    liveness.suspect((now + S).into());
    assert_eq!(due(&liveness), Some(now + S + S * 45 / 2));
    // A jump never prolongs the deadline.
    liveness.suspect((now + 44 * S).into());
    assert_eq!(due(&liveness), Some(now + S + S * 45 / 2));
    liveness.on_bytes((now + 15 * S).into(), (now + 15 * S).into(), true);
    assert_eq!(due(&liveness), Some(now + 60 * S));
}

#[test]
fn a_clock_jump_does_not_change_the_deadline_of_the_caller() {
    let (mut liveness, now) = listened(HeartbeatTimeout::After(20 * S), &[S], false);
    liveness.suspect((now + 5 * S).into());
    assert_eq!(due(&liveness), Some(now + 20 * S));
    let (mut liveness, now) = listened(HeartbeatTimeout::Never, &[S], false);
    liveness.suspect(now.into());
    assert_eq!(due(&liveness), None);
}

#[test]
fn a_deadline_that_is_noticed_late_gets_one_grace_period() {
    let (mut liveness, now) = listened(HeartbeatTimeout::After(20 * S), &[S], false);
    let late = now + 3600 * S;
    assert_eq!(liveness.on_deadline(late.into()), None);
    assert_eq!(due(&liveness), Some(late + 20 * S));
    let reason = liveness.on_deadline((late + 3600 * S).into());
    assert_eq!(reason, Some(Reason::Stalled));
}

/// Proxies that buffer: the response headers come, the stream does not.
#[test]
fn a_stream_that_never_speaks_is_mute_and_one_that_stops_has_stalled() {
    let (mut liveness, now) = listened(HeartbeatTimeout::After(20 * S), &[], false);
    let reason = liveness.on_deadline((now + 20 * S).into());
    assert_eq!(reason, Some(Reason::Mute));
    let (mut liveness, now) = listened(HeartbeatTimeout::After(20 * S), &[S], false);
    let reason = liveness.on_deadline((now + 20 * S).into());
    assert_eq!(reason, Some(Reason::Stalled));
    liveness.on_open((now + 30 * S).into(), None);
    let reason = liveness.on_deadline((now + 50 * S).into());
    assert_eq!(reason, Some(Reason::Mute));
}

#[test]
fn the_header_arms_it_from_the_start() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto.into());
    liveness.on_open(S.into(), Some((15 * S).into()));
    assert_eq!(due(&liveness), Some(46 * S));
    liveness.on_open(S.into(), Some(S.into()));
    assert_eq!(due(&liveness), Some(11 * S), "at least ten seconds");
    liveness.on_open(S.into(), None);
    assert_eq!(due(&liveness), None);
}

#[test]
fn a_timeout_of_the_caller_outranks_what_is_announced() {
    for (timeout, deadline) in [
        (HeartbeatTimeout::After(40 * S), Some(40 * S)),
        (HeartbeatTimeout::Never, None),
    ] {
        let mut liveness = Liveness::new(timeout.into());
        liveness.on_open(Millis::ZERO, Some((15 * S).into()));
        assert_eq!(due(&liveness), deadline);
    }
}

/// An announcement that is not kept.
#[test]
fn a_pause_longer_than_announced_is_learned() {
    let mut liveness = Liveness::new(HeartbeatTimeout::Auto.into());
    liveness.on_open(Millis::ZERO, Some((10 * S).into()));
    liveness.on_deadline((30 * S).into());
    liveness.on_open((30 * S).into(), Some((10 * S).into()));
    assert_eq!(due(&liveness), Some(120 * S));
}

/// After a false alarm the same pause must not fool us again.
#[test]
fn a_pause_that_was_taken_for_death_is_learned() {
    let (mut liveness, now) = listened(HeartbeatTimeout::Auto, &[4 * S, 4 * S, 4 * S], true);
    let patience = due(&liveness).expect("an interval is known") - now;
    liveness.on_deadline((now + patience).into());
    liveness.on_open((now + patience).into(), None);
    let later = now + patience;
    let longer = due(&liveness).expect("the interval is still known") - later;
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
        prop_assert_eq!(due(&liveness), Some(now + timeout));
    }

    #[test]
    fn never_is_never(
        pauses in proptest::collection::vec((0_u64..600_000).prop_map(Duration::from_millis), 0..9),
        comments in any::<bool>(),
    ) {
        prop_assert_eq!(listened(HeartbeatTimeout::Never, &pauses, comments).0.deadline(), None);
    }

    /// A deadline that was learned is never shorter than ten seconds, nor than three times any
    /// silence that a comment ended.
    #[test]
    fn a_learned_deadline_is_patient(
        pauses in proptest::collection::vec((0_u64..60_000).prop_map(Duration::from_millis), 1..20),
        comments in any::<bool>(),
    ) {
        let (liveness, now) = listened(HeartbeatTimeout::Auto, &pauses, comments);
        if let Some(deadline) = due(&liveness) {
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
            let mut liveness = Liveness::new(timeout.into());
            for (now, what) in &times {
                match what {
                    0 => liveness.on_open((*now).into(), None),
                    1 => {
                        liveness.on_deadline((*now).into());
                    }
                    3 => liveness.suspect((*now).into()),
                    4 => liveness.on_open((*now).into(), Some((*now).into())),
                    _ => liveness.on_bytes((*now).into(), (*now).into(), *what == 2),
                }
                due(&liveness);
            }
        }
    }
}
