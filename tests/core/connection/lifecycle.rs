//! What comes next, and when.

use core::time::Duration;

use authenticated_event_source::connection::{
    Cause, Decision, Interrupt, Origin, Policy, ReadyState, Reason, RequestKind, Retry, RetryOn,
    Step,
};
use proptest::prelude::*;

use crate::life::{Life, SECOND, head, secret};

#[test]
fn connects_reads_and_connects_again() {
    let mut life = Life::new(Policy::default());
    assert!(!life.open(Cause::Start));
    life.life.fail(Reason::End);
    life.retry(Reason::End);
    assert_eq!(life.life.attempt(), 2);
    assert!(life.open(Cause::Retry));
    assert_eq!(life.life.retry_state().ready_state(), ReadyState::Open);
}

#[test]
fn each_provider_call_and_the_response_have_a_limit_of_30_seconds() {
    let mut life = Life::new(Policy::default());
    let almost = 29 * SECOND;
    assert_eq!(life.step(), Step::Prepare(Cause::Start));
    assert!(!life.is_over_after(almost));
    assert!(life.is_over_after(SECOND));
    life.retry(Reason::Auth);
    assert_eq!(life.step(), Step::Prepare(Cause::Retry));
    assert!(!life.is_over_after(almost));
    life.life.on_provider_call(life.now.into());
    assert!(!life.is_over_after(almost));
    life.life.guard(Origin::Same, false);
    life.life.prepared(life.now.into());
    assert!(!life.is_over_after(almost));
    assert!(life.is_over_after(SECOND));
    life.retry(Reason::Timeout);
}

#[test]
fn a_question_does_not_prolong_the_wait_for_the_response() {
    let mut life = Life::new(Policy::default());
    life.send(Cause::Start, Origin::Other);
    assert!(!life.is_over_after(Duration::from(Policy::CONNECT_TIMEOUT) - SECOND));
    life.life.unanswered();
    assert_eq!(life.step(), Step::Fetch(RequestKind::Probe));
    assert!(life.is_over_after(SECOND));
    life.retry(Reason::Timeout);
}

#[test]
fn a_reconnect_leaves_whatever_is_under_way() {
    let mut life = Life::new(Policy::default());
    let again = |life: &mut Life| {
        assert!(life.interrupt(Interrupt::Reconnect));
        assert_eq!(life.step(), Step::Restart(Cause::Reconnect));
    };
    assert_eq!(life.step(), Step::Prepare(Cause::Start));
    again(&mut life);
    life.send(Cause::Reconnect, Origin::Same);
    again(&mut life);
    life.open(Cause::Reconnect);
    again(&mut life);
    life.open(Cause::Reconnect);
    // Out of a listener: the wake-up that comes after it does not hide it.
    life.life.interrupt(Interrupt::Reconnect);
    life.life.interrupt(Interrupt::Wake);
    assert!(life.life.must_stop_reading());
    assert!(life.life.check(life.now.into()));
    assert_eq!(life.step(), Step::Restart(Cause::Reconnect));
    life.send(Cause::Reconnect, Origin::Same);
    life.life.unanswered();
    assert_eq!(life.reason(), Reason::Network);
    life.judge(None);
    assert_eq!(life.step(), Step::Wait);
    again(&mut life);
    assert_eq!(life.step(), Step::Prepare(Cause::Reconnect));
}

#[test]
fn what_came_before_the_attempt_counts_for_nothing() {
    let mut life = Life::new(Policy::default());
    life.life.interrupt(Interrupt::Reconnect);
    life.send(Cause::Start, Origin::Same);
    assert!(!life.life.check(life.now.into()));
}

#[test]
fn the_network_is_back() {
    let mut life = Life::new(Policy::default());
    life.open(Cause::Start);
    assert!(!life.interrupt(Interrupt::Wake));
    life.life.fail(Reason::Network);
    life.reason();
    life.judge(None);
    assert_eq!(life.step(), Step::Wait);
    assert!(life.interrupt(Interrupt::Wake));
    assert_eq!(life.step(), Step::Restart(Cause::Retry));
    assert_eq!(life.step(), Step::Prepare(Cause::Retry));
}

#[test]
fn a_page_that_is_away_holds_no_connection() {
    let mut life = Life::new(Policy::default());
    life.life.set_suspended(true);
    let wait_for_the_page = |life: &mut Life| {
        assert_eq!(life.step(), Step::Restart(Cause::Suspension));
        assert_eq!(life.step(), Step::Wait);
        assert_eq!(life.life.deadline(), None);
        assert!(!life.interrupt(Interrupt::Wake));
        assert!(!life.is_over_after(3600 * SECOND));
        life.life.set_suspended(false);
        assert!(life.life.check(life.now.into()));
    };
    wait_for_the_page(&mut life);
    life.open(Cause::Suspension);
    life.life.set_suspended(true);
    assert!(life.life.must_stop_reading());
    assert!(life.life.check(life.now.into()));
    wait_for_the_page(&mut life);
    life.send(Cause::Suspension, Origin::Same);
    life.life.set_suspended(true);
    assert!(life.life.check(life.now.into()));
    wait_for_the_page(&mut life);
    assert_eq!(life.step(), Step::Prepare(Cause::Suspension));
}

#[test]
fn a_request_that_may_act_twice_is_lost_with_the_page_and_fails_when_the_page_is_back() {
    let policy = |retry| Policy {
        is_get: false,
        retry,
        ..Policy::default()
    };
    for (retry, step) in [
        (Retry::never(), Step::Decide),
        (Retry::default(), Step::Prepare(Cause::Suspension)),
        (
            Retry::default().on(RetryOn::Error),
            Step::Prepare(Cause::Suspension),
        ),
    ] {
        let mut life = Life::new(policy(retry));
        life.open(Cause::Start);
        life.life.set_suspended(true);
        assert!(life.life.check(life.now.into()));
        assert_eq!(life.step(), Step::Restart(Cause::Suspension));
        assert_eq!(life.step(), Step::Wait);
        life.life.set_suspended(false);
        assert!(life.life.check(life.now.into()));
        assert_eq!(life.step(), step);
    }
}

#[test]
fn a_refusal_is_worth_one_refresh() {
    let mut life = Life::new(secret());
    life.send(Cause::Start, Origin::Same);
    life.life.responded(&head(401));
    // Nobody is asked for a verdict.
    assert_eq!(life.step(), Step::Restart(Cause::Unauthorized));
    life.send(Cause::Unauthorized, Origin::Same);
    life.life.responded(&head(401));
    assert_eq!(life.reason(), Reason::Unauthorized);
    assert_eq!(life.judge(None), Decision::Stop);
    assert_eq!(life.step(), Step::Stop);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let mut life = Life::new(secret());
    let minute = 60 * SECOND;
    let open = |life: &mut Life, cause, is_same| {
        life.send(cause, Origin::Same);
        life.life.responded(&head(200));
        life.step();
        life.announce(Some(life.now + minute), is_same);
    };
    open(&mut life, Cause::Start, false);
    // Without an ID there is nothing to resume from.
    assert_eq!(life.life.deadline(), None);
    life.deliver("7");
    assert!(!life.is_over_after(minute / 2 - SECOND));
    assert!(life.is_over_after(SECOND));
    assert_eq!(life.step(), Step::Restart(Cause::Renewal));
    // The provider has no fresher one.
    open(&mut life, Cause::Renewal, true);
    assert_eq!(life.life.deadline(), None);
}

#[test]
fn a_token_that_has_no_other_is_not_renewed() {
    for policy in [
        Policy::default(),
        Policy {
            is_get: false,
            ..secret()
        },
    ] {
        let mut life = Life::new(policy);
        life.open(Cause::Start);
        life.deliver("7");
        life.announce(Some(life.now + 60 * SECOND), false);
        assert_eq!(life.life.deadline(), None);
    }
}

#[test]
fn a_stream_that_falls_silent_is_dead() {
    let mut life = Life::new(Policy::default());
    life.open(Cause::Start);
    for _ in 0..3 {
        life.now += 5 * SECOND;
        life.life.on_bytes(life.now.into(), life.now.into(), true);
    }
    assert!(!life.is_over_after(14 * SECOND));
    assert!(life.is_over_after(SECOND));
    life.retry(Reason::Stalled);
}

#[derive(Clone, Debug)]
enum Act {
    TimePasses(u64),
    Interrupt(Interrupt),
    SuspendIf(bool),
    Responded(u16),
    Unanswered,
    Lost,
    Close,
}

fn act() -> impl Strategy<Value = Act> {
    let interrupt = prop_oneof![
        Just(Interrupt::Reconnect),
        Just(Interrupt::Suspend),
        Just(Interrupt::Wake)
    ];
    let status = prop_oneof![Just(200_u16), Just(204), Just(302), Just(401), Just(503)];
    prop_oneof![
        4 => (0_u64..100_000).prop_map(Act::TimePasses),
        2 => interrupt.prop_map(Act::Interrupt),
        2 => any::<bool>().prop_map(Act::SuspendIf),
        8 => status.prop_map(Act::Responded),
        4 => Just(Act::Unanswered),
        4 => Just(Act::Lost),
        1 => Just(Act::Close),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_there_is_a_next_step(acts in prop::collection::vec(act(), 0..200), is_get: bool) {
        let mut life = Life::new(Policy { is_get, ..secret() });
        let mut is_suspended = false;
        let mut is_closed = false;
        for act in acts {
            let step = life.step();
            prop_assert_eq!(step == Step::Stop, is_closed);
            match (step, &act) {
                (Step::Prepare(_), Act::Responded(_)) => {
                    // A request is sent by nobody who shall hold no connection.
                    prop_assert!(!is_suspended);
                    life.life.guard(Origin::Other, true);
                    life.life.prepared(life.now.into());
                }
                (Step::Fetch(_), Act::Responded(status)) => life.life.responded(&head(*status)),
                (Step::Fetch(_), Act::Unanswered) => life.life.unanswered(),
                (Step::Open, _) => { life.announce(None, false); }
                (Step::Read, Act::Lost) => life.life.fail(Reason::Network),
                (Step::Decide, _) => {
                    is_closed |= life.judge(None) == Decision::Stop;
                    let closed = life.life.retry_state().ready_state() == ReadyState::Closed;
                    prop_assert_eq!(closed, is_closed);
                }
                (Step::Restart(_), _) => prop_assert_ne!(life.step(), step),
                _ => {}
            }
            match act {
                Act::TimePasses(time) => life.now += Duration::from_millis(time),
                Act::Interrupt(interrupt) => life.life.interrupt(interrupt),
                Act::SuspendIf(suspends) => {
                    life.life.set_suspended(suspends);
                    is_suspended = suspends;
                }
                Act::Close => {
                    life.life.close();
                    is_closed = true;
                }
                _ => {}
            }
            if matches!(life.step(), Step::Prepare(_) | Step::Fetch(_) | Step::Read | Step::Wait | Step::Stop) {
                life.life.check(life.now.into());
            }
            if !life.life.check(life.now.into()) {
                // Nothing but the clock can end it now.
                let deadline = life.life.deadline();
                prop_assert!(deadline.is_none_or(|deadline| deadline > life.now.into()));
            }
        }
    }
}

#[test]
fn reconnect_replaces_a_failure_that_is_not_decided() {
    let mut life = Life::new(Policy::default());
    life.send(Cause::Start, Origin::Same);
    life.life.responded(&head(500));
    assert!(life.interrupt(Interrupt::Reconnect));
    assert_eq!(life.step(), Step::Restart(Cause::Reconnect));
}

#[test]
fn a_timeout_states_how_long_nothing_arrived() {
    let mut life = Life::new(Policy::default());
    life.send(Cause::Start, Origin::Same);
    assert!(life.is_over_after(30 * SECOND));
    assert_eq!(life.reason(), Reason::Timeout);
    let message = life
        .life
        .failure()
        .expect("there is one to judge")
        .message();
    assert!(message.contains("in 30 s"), "{message}");
}
