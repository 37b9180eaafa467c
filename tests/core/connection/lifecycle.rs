//! What comes next, and when.
use core::time::Duration;

use authenticated_event_source::connection::{
    Cause, Decision, Detail, Interrupt, Lifecycle, Origin, Policy, ReadyState, Reason,
    RedirectGuard, RequestKind, ResponseFacts, Retry, RetryOn, Step, TokenLife, Verdict,
    is_secret_header,
};
use proptest::prelude::*;

const START: Duration = Duration::from_secs(1_800_000_000);
const SECOND: Duration = Duration::from_secs(1);

/// A lifecycle, its clock, and whether its requests carry secrets.
struct Life {
    life: Lifecycle,
    now: Duration,
    has_secrets: bool,
}

impl Life {
    fn new(policy: Policy) -> Self {
        let has_secrets = policy.retries_rejection;
        let life = Lifecycle::new(policy, String::new());
        Self {
            life,
            now: START,
            has_secrets,
        }
    }

    fn step(&mut self) -> Step {
        self.life.step(self.now.into())
    }

    /// Whether what is under way is over after this time.
    fn is_over_after(&mut self, time: Duration) -> bool {
        self.now += time;
        self.life.check(self.now.into())
    }

    /// Up to the request that is on its way.
    fn send(&mut self, cause: Cause, origin: Origin) {
        assert_eq!(self.step(), Step::Prepare(cause));
        self.life.guard(origin, self.has_secrets);
        self.life.prepared(self.now.into());
        assert_eq!(self.step(), Step::Fetch(RequestKind::Request));
    }

    /// Up to an open stream.
    fn open(&mut self, cause: Cause) -> bool {
        self.send(cause, Origin::Same);
        self.life.responded(&head(200));
        assert_eq!(self.step(), Step::Open);
        self.announce(None, false)
    }

    fn announce(&mut self, expires_at: Option<Duration>, is_same: bool) -> bool {
        let token = expires_at.map(|expires_at| TokenLife {
            expires_at: expires_at.into(),
            issued_at: None,
        });
        self.life.set_token(token, !is_same, self.now.into());
        let is_resumed = self.life.announce(self.now.into(), self.now.into(), None);
        assert_eq!(self.step(), Step::Read);
        is_resumed
    }

    fn deliver(&mut self, last_event_id: &str) {
        let connection = self.life.retry_state_mut();
        connection.on_event();
        connection.set_last_event_id(last_event_id);
    }

    fn reason(&mut self) -> Reason {
        assert_eq!(self.step(), Step::Decide);
        self.life.failure().expect("there is one to judge").reason
    }

    fn judge(&mut self, verdict: Option<Verdict>) -> Decision {
        self.life
            .decide(verdict.map(Into::into), self.now.into(), 0.0)
    }

    /// Judges a loss, and waits.
    fn retry(&mut self, reason: Reason) {
        assert_eq!(self.reason(), reason);
        let Decision::Wait(wait) = self.judge(None) else {
            panic!("{reason:?} is not retried");
        };
        assert_eq!(self.step(), Step::Wait);
        assert!(!self.is_over_after(Duration::from(wait) - SECOND / 1000));
        assert!(self.is_over_after(SECOND / 1000));
        assert_eq!(self.step(), Step::Restart(Cause::Retry));
    }

    fn interrupt(&mut self, interrupt: Interrupt) -> bool {
        self.life.interrupt(interrupt);
        self.life.check(self.now.into())
    }
}

fn head(status: u16) -> ResponseFacts<'static> {
    ResponseFacts {
        status,
        is_opaque_redirect: false,
        content_type: Some("text/event-stream"),
        retry_after: None,
        is_rejection: status == 401,
        is_nonce_challenge: false,
    }
}

fn opaque_redirect() -> ResponseFacts<'static> {
    ResponseFacts {
        is_opaque_redirect: true,
        content_type: None,
        ..head(0)
    }
}

fn secret() -> Policy {
    Policy {
        retries_rejection: true,
        can_renew: true,
        ..Policy::default()
    }
}

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
fn where_there_is_no_page_nothing_is_asked() {
    let mut life = Life::new(Policy::default());
    life.send(Cause::Start, Origin::None);
    life.life.unanswered();
    life.retry(Reason::Network);
}

#[test]
fn our_own_server_is_asked_whether_it_redirects() {
    let ask = |policy, head: Option<ResponseFacts<'_>>| {
        let mut life = Life::new(policy);
        life.send(Cause::Start, Origin::Same);
        life.life.unanswered();
        assert_eq!(life.step(), Step::Fetch(RequestKind::FindRedirect));
        match head {
            Some(head) => life.life.responded(&head),
            None => life.life.unanswered(),
        }
        life
    };
    assert_eq!(ask(secret(), None).reason(), Reason::Network);
    assert_eq!(ask(secret(), Some(head(200))).reason(), Reason::Network);
    assert_eq!(
        ask(secret(), Some(opaque_redirect())).reason(),
        Reason::Redirect
    );
    assert_eq!(ask(secret(), Some(head(307))).reason(), Reason::Redirect);
    // Without secrets it was followed, to where CORS may refuse us.
    let mut life = ask(Policy::default(), Some(opaque_redirect()));
    assert_eq!(life.step(), Step::Fetch(RequestKind::Probe));
}

#[test]
fn another_server_that_lives_has_refused_us() {
    let mut life = Life::new(secret());
    let probed = |life: &mut Life, cause| {
        life.send(cause, Origin::Other);
        life.life.unanswered();
        assert_eq!(life.step(), Step::Fetch(RequestKind::Probe));
    };
    probed(&mut life, Cause::Start);
    life.life.unanswered();
    life.retry(Reason::Network);
    // The second time in a row is not worth a question.
    life.send(Cause::Retry, Origin::Other);
    life.life.unanswered();
    life.retry(Reason::Network);

    let mut life = Life::new(secret());
    probed(&mut life, Cause::Start);
    life.life.responded(&opaque_redirect());
    assert_eq!(life.step(), Step::Fetch(RequestKind::RequestAgain));
    // It has just come back.
    life.life.responded(&head(200));
    assert_eq!(life.step(), Step::Open);
    life.announce(None, false);
    life.deliver("7");
    life.life.fail(Reason::Network);
    life.retry(Reason::Network);
    // After an open stream the second time is.
    life.send(Cause::Retry, Origin::Other);
    life.life.unanswered();
    life.retry(Reason::Network);
    probed(&mut life, Cause::Retry);
    life.life.responded(&head(0));
    life.life.unanswered();
    assert_eq!(life.reason(), Reason::Cors);
    let failure = life.life.failure().expect("there is one to judge");
    assert_eq!(failure.detail, Some(Detail::ResumeRefused));
}

#[test]
fn a_refusal_after_an_answer_is_told_apart() {
    let mut life = Life::new(secret());
    life.send(Cause::Start, Origin::Other);
    life.life.responded(&head(503));
    life.retry(Reason::Status);
    life.send(Cause::Retry, Origin::Other);
    life.life.unanswered();
    assert_eq!(life.step(), Step::Fetch(RequestKind::Probe));
}

#[test]
fn a_server_that_may_not_be_probed_is_not() {
    let mut life = Life::new(Policy {
        may_probe: false,
        ..secret()
    });
    life.send(Cause::Start, Origin::Other);
    life.life.unanswered();
    assert_eq!(life.reason(), Reason::Network);
}

#[test]
fn a_url_that_fetch_rejects_is_not_retried() {
    let mut life = Life::new(Policy {
        is_fetchable: false,
        ..secret()
    });
    life.send(Cause::Start, Origin::Other);
    life.life.unanswered();
    assert_eq!(life.reason(), Reason::Request);
    assert_eq!(life.judge(None), Decision::Stop);
}

#[test]
fn secrets_are_a_matter_of_each_request() {
    let mut life = Lifecycle::new(Policy::default(), String::new());
    for (has_secrets, guards) in [
        (false, [RedirectGuard::None; 3]),
        (
            true,
            [
                RedirectGuard::Manual,
                RedirectGuard::SameOriginMode,
                RedirectGuard::Manual,
            ],
        ),
    ] {
        let found = [Origin::None, Origin::Same, Origin::Other]
            .map(|origin| life.guard(origin, has_secrets));
        assert_eq!(found, guards);
    }
}

#[test]
fn the_standard_retry_policy_guards_secrets_too() {
    let mut life = Lifecycle::new(
        Policy {
            retry: Retry::spec(),
            ..Policy::default()
        },
        String::new(),
    );
    let guard = life.guard(Origin::Same, true);
    assert_eq!(guard, RedirectGuard::SameOriginMode);
}

#[test]
fn every_header_except_a_few_is_a_secret() {
    for name in [
        "Accept",
        "accept-LANGUAGE",
        "Content-Language",
        "content-type",
        "Last-Event-ID",
    ] {
        assert!(!is_secret_header(name), "{name}");
    }
    for name in [
        "Authorization",
        "cookie",
        "X-Api-Key",
        "",
        "accepts",
        "Content-Type ",
    ] {
        assert!(is_secret_header(name), "{name}");
    }
}

#[test]
fn secrets_are_redirected_nowhere() {
    for redirect in [opaque_redirect(), head(302)] {
        let mut life = Life::new(secret());
        life.send(Cause::Start, Origin::Other);
        life.life.responded(&redirect);
        assert_eq!(life.reason(), Reason::Redirect);
        assert_eq!(life.judge(None), Decision::Stop);
        assert_eq!(life.step(), Step::Stop);
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

/// Up to a request with this last event ID, which gets no response.
fn unanswered_with_id(policy: Policy, origin: Origin, id: &str) -> Life {
    let mut life = Life::new(policy);
    life.deliver(id);
    life.send(Cause::Start, origin);
    life.life.unanswered();
    life
}

#[test]
fn an_id_that_no_header_may_contain_is_fatal_outside_of_pages() {
    for id in ["\u{1}", "a\u{1b}b", "\u{7f}"] {
        let mut life = unanswered_with_id(Policy::default(), Origin::None, id);
        assert_eq!(life.reason(), Reason::Request);
        let failure = life.life.failure().expect("there is one to judge");
        assert_eq!(failure.detail, Some(Detail::IdNotSendable));
        assert_eq!(life.judge(None), Decision::Stop);
    }
    for id in ["a\tb", "\u{80}", "\u{1f980}"] {
        let mut life = unanswered_with_id(Policy::default(), Origin::None, id);
        life.retry(Reason::Network);
    }
    // The parameter replaces the header.
    let policy = Policy {
        sends_id_as_param: true,
        ..Policy::default()
    };
    unanswered_with_id(policy, Origin::None, "\u{1}").retry(Reason::Network);
}

#[test]
fn mixed_content_is_fatal_unless_the_stream_was_open() {
    let policy = Policy {
        is_mixed_content: true,
        may_probe: false,
        ..Policy::default()
    };
    let mut life = unanswered_with_id(policy.clone(), Origin::Other, "");
    assert_eq!(life.reason(), Reason::Request);
    let failure = life.life.failure().expect("there is one to judge");
    assert_eq!(failure.detail, Some(Detail::MixedContent));
    assert_eq!(life.judge(None), Decision::Stop);

    let mut life = Life::new(policy);
    life.send(Cause::Start, Origin::Other);
    life.life.responded(&head(200));
    life.announce(None, false);
    life.life.fail(Reason::Network);
    life.retry(Reason::Network);
    life.send(Cause::Retry, Origin::Other);
    life.life.unanswered();
    life.retry(Reason::Network);
}

#[test]
fn an_isolated_page_cannot_tell_a_cors_refusal() {
    for is_isolated in [false, true] {
        let policy = Policy {
            is_isolated,
            ..Policy::default()
        };
        let mut life = unanswered_with_id(policy, Origin::Other, "");
        assert_eq!(life.step(), Step::Fetch(RequestKind::Probe));
        life.life.unanswered();
        assert_eq!(life.reason(), Reason::Network);
        let failure = life.life.failure().expect("there is one to judge");
        assert_eq!(failure.detail, is_isolated.then_some(Detail::CorsUnknown));
    }
}

#[test]
fn status_431_is_blamed_on_the_last_event_id_if_there_is_one() {
    for (id, detail) in [("", None), ("7", Some(Detail::IdTooLong))] {
        let mut life = Life::new(Policy::default());
        life.deliver(id);
        life.send(Cause::Start, Origin::Same);
        life.life.responded(&head(431));
        assert_eq!(life.reason(), Reason::Status);
        let failure = life.life.failure().expect("there is one to judge");
        assert_eq!(failure.detail, detail);
    }
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
