//! Sequences of outcomes: any, and some that users of other clients suffered from.
use core::time::Duration;

use authenticated_event_source::connection::{
    Decision, Failure, Jitter, Millis, ReadyState, Reason, Retry, RetryState,
};
use proptest::prelude::*;

use crate::model::{deliver, life};
use crate::strategies::{config, policy, random};

proptest! {
    #![proptest_config(config())]

    #[test]
    #[cfg_attr(miri, ignore = "Miri is slow at making lives of strings: fuzz.rs makes them of bytes")]
    fn any_sequence_of_outcomes_keeps_the_invariants(life in life()) {
        life.check();
    }

    /// A server that answers every request with 401 receives two requests.
    #[test]
    fn a_server_that_refuses_all_credentials_is_asked_twice(
        policy in policy(),
        start in "[a-z]{0,2}",
        random in random(),
    ) {
        let mut connection = RetryState::new(policy.retry, true, start.clone());
        let refused = Failure::with_status(Reason::Unauthorized, 401);
        let mut interrupt = || connection.decide(&refused, None, Millis::ZERO, random);
        prop_assert_eq!(interrupt(), Decision::Refresh);
        prop_assert_eq!(interrupt(), Decision::Stop);
        prop_assert_eq!(interrupt(), Decision::Stop);
        prop_assert_eq!(connection.ready_state(), ReadyState::Closed);
        prop_assert_eq!(connection.last_event_id(), start);
    }

    /// A refresh answers one run of 401. When anything else came between, the new 401 is news.
    #[test]
    fn after_another_outcome_credentials_may_be_refreshed_again(
        random in random(),
        is_opened in any::<bool>(),
    ) {
        let mut connection = RetryState::new(Retry::default(), true, String::new());
        let interrupted = |connection: &mut RetryState, reason| {
            connection.decide(&Failure::new(reason), None, Millis::ZERO, random)
        };
        for _ in 0..5 {
            prop_assert_eq!(interrupted(&mut connection, Reason::Unauthorized), Decision::Refresh);
            if is_opened {
                connection.announce(Millis::ZERO);
            } else {
                let next = interrupted(&mut connection, Reason::Network);
                prop_assert!(matches!(next, Decision::Wait(_)));
            }
        }
        prop_assert_eq!(interrupted(&mut connection, Reason::Unauthorized), Decision::Refresh);
        prop_assert_eq!(interrupted(&mut connection, Reason::Unauthorized), Decision::Stop);
    }

    /// The count of retries starts at zero after an event, or after a long stream.
    #[test]
    fn health_starts_the_count_anew(
        max_retries in 1_u32..4,
        life in (0_u64..10_000).prop_map(Duration::from_millis),
        has_event in any::<bool>(),
        random in random(),
    ) {
        let mut connection =
            RetryState::new(Retry::default().max_retries(max_retries), false, String::new());
        let is_healthy = has_event || life >= Duration::from_secs(5);
        let mut now = Duration::ZERO;
        for round in 0..3 * max_retries {
            connection.announce(now.into());
            if has_event {
                deliver(&mut connection, "data: a\n\n");
            }
            now += life;
            let next = connection.decide(&Failure::new(Reason::End), None, now.into(), random);
            let goes_on = is_healthy || round < max_retries;
            prop_assert_eq!(matches!(next, Decision::Wait(_)), goes_on, "round {}: {:?}", round, next);
        }
    }

    /// The counter that never counted is a known defect: a limit of three must mean three.
    #[test]
    fn the_limit_of_retries_is_reached(max_retries in 0_u32..20, random in random()) {
        let policy = Retry::default().max_retries(max_retries);
        let mut connection = RetryState::new(policy, false, String::new());
        let failure = Failure::new(Reason::Network);
        for _ in 0..max_retries {
            let next = connection.decide(&failure, None, Millis::ZERO, random);
            prop_assert!(matches!(next, Decision::Wait(_)));
        }
        let next = connection.decide(&failure, None, Millis::ZERO, random);
        prop_assert_eq!(next, Decision::Stop);
    }

    /// A server that ends each stream immediately must not cause faster requests: opening alone
    /// is no health.
    #[test]
    fn clean_ends_at_once_wait_longer_each_time(rounds in 2_u32..30) {
        let policy = Retry::default().jitter(Jitter::None);
        let mut connection = RetryState::new(policy, false, String::new());
        let mut last = Millis::ZERO;
        for round in 0..rounds {
            let now = Duration::from_secs(u64::from(round) * 100);
            connection.announce(now.into());
            let soon = now + Duration::from_millis(4999);
            match connection.decide(&Failure::new(Reason::End), None, soon.into(), 0.5) {
                Decision::Wait(wait) => {
                    prop_assert!(wait > last || wait == Millis::from_secs(30));
                    last = wait;
                }
                other => panic!("a clean end is retried, not {other:?}"),
            }
        }
    }
}
