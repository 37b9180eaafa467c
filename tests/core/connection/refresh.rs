//! `[NON-SPEC]` What follows a response that rejects the credentials.
use authenticated_event_source::connection::{
    Cause, Lifecycle, Millis, Origin, Policy, Reason, RequestKind, ResponseFacts, Retry,
    SilenceLimit, Step, is_nonce_challenge,
};

const NOW: Millis = Millis::from_secs(100);

fn lifecycle(policy: Policy) -> Lifecycle {
    Lifecycle::new(policy, String::new())
}

fn refreshing() -> Policy {
    Policy {
        retries_rejection: true,
        ..Policy::default()
    }
}

fn rejection(status: u16, is_nonce_challenge: bool) -> ResponseFacts<'static> {
    ResponseFacts {
        status,
        is_opaque_redirect: false,
        content_type: None,
        retry_after: None,
        is_rejection: true,
        is_nonce_challenge,
    }
}

/// Sends the request of an attempt, and returns the step that follows this response.
fn answer(lifecycle: &mut Lifecycle, cause: Cause, head: &ResponseFacts<'_>) -> Step {
    assert_eq!(lifecycle.step(NOW), Step::Prepare(cause));
    lifecycle.guard(Origin::Same, true);
    lifecycle.prepared(NOW);
    assert_eq!(lifecycle.step(NOW), Step::Fetch(RequestKind::Request));
    lifecycle.responded(head);
    lifecycle.step(NOW)
}

/// The reason and the status of the failure.
fn failure(lifecycle: &Lifecycle) -> Option<(Reason, Option<u16>)> {
    lifecycle
        .failure()
        .map(|failure| (failure.reason, failure.status))
}

#[test]
fn a_rejection_of_any_status_is_refreshed_once_and_then_final() {
    let mut lifecycle = lifecycle(refreshing());
    let step = answer(&mut lifecycle, Cause::Start, &rejection(403, false));
    assert_eq!(step, Step::Restart(Cause::Unauthorized));
    let step = answer(&mut lifecycle, Cause::Unauthorized, &rejection(419, false));
    assert_eq!(step, Step::Decide);
    assert_eq!(failure(&lifecycle), Some((Reason::Unauthorized, Some(419))));
}

#[test]
fn the_standard_policy_refreshes_if_the_caller_wants_it() {
    let mut lifecycle = lifecycle(Policy {
        retry: Retry::spec(),
        ..refreshing()
    });
    let step = answer(&mut lifecycle, Cause::Start, &rejection(401, false));
    assert_eq!(step, Step::Restart(Cause::Unauthorized));
}

#[test]
fn a_401_that_the_caller_does_not_select_is_final() {
    let mut lifecycle = lifecycle(refreshing());
    let head = ResponseFacts {
        is_rejection: false,
        ..rejection(401, false)
    };
    assert_eq!(answer(&mut lifecycle, Cause::Start, &head), Step::Decide);
    assert_eq!(failure(&lifecycle), Some((Reason::Unauthorized, Some(401))));
}

#[test]
fn one_nonce_challenge_does_not_count_as_a_rejection() {
    let mut lifecycle = lifecycle(refreshing());
    let challenge = rejection(401, true);
    let step = answer(&mut lifecycle, Cause::Start, &challenge);
    assert_eq!(step, Step::Restart(Cause::Retry));
    let step = answer(&mut lifecycle, Cause::Retry, &challenge);
    assert_eq!(step, Step::Restart(Cause::Unauthorized));
    let step = answer(&mut lifecycle, Cause::Unauthorized, &challenge);
    assert_eq!(step, Step::Decide);
}

#[test]
fn a_nonce_challenge_is_final_if_the_request_must_not_be_sent_again() {
    let mut lifecycle = lifecycle(Policy::default());
    let step = answer(&mut lifecycle, Cause::Start, &rejection(401, true));
    assert_eq!(step, Step::Decide);
}

#[test]
fn the_challenge_is_found_among_others() {
    assert!(is_nonce_challenge("DPoP error=\"use_dpop_nonce\""));
    assert!(is_nonce_challenge(
        "Bearer, DPoP algs=\"ES256\", error=\"use_dpop_nonce\""
    ));
    assert!(!is_nonce_challenge("DPoP error=\"invalid_token\""));
    assert!(!is_nonce_challenge(""));
}

#[test]
fn a_refresh_has_no_time_limit_and_the_provider_calls_after_it_have_one() {
    let mut lifecycle = lifecycle(refreshing());
    answer(&mut lifecycle, Cause::Start, &rejection(401, false));
    assert_eq!(lifecycle.step(NOW), Step::Prepare(Cause::Unauthorized));
    lifecycle.on_refresh();
    let later = Millis::from_secs(86_400);
    assert_eq!(lifecycle.deadline(), None);
    assert!(!lifecycle.check(later));
    lifecycle.on_provider_call(later);
    let limit = later.saturating_add(Millis::from_secs(30));
    assert_eq!(lifecycle.deadline(), Some(limit));
    assert!(lifecycle.check(limit));
    assert_eq!(failure(&lifecycle), Some((Reason::Auth, None)));
}

#[test]
fn a_refused_refresh_is_final_with_the_status_of_the_rejection() {
    let mut lifecycle = lifecycle(refreshing());
    answer(&mut lifecycle, Cause::Start, &rejection(403, false));
    assert_eq!(lifecycle.step(NOW), Step::Prepare(Cause::Unauthorized));
    lifecycle.refresh_refused();
    assert_eq!(lifecycle.step(NOW), Step::Decide);
    assert_eq!(failure(&lifecycle), Some((Reason::Unauthorized, Some(403))));
}

#[test]
fn a_request_that_must_not_be_repeated_has_no_limit_by_default() {
    let mut lifecycle = lifecycle(Policy {
        is_get: false,
        connect_timeout: Millis::MAX,
        heartbeat_timeout: SilenceLimit::Auto,
        ..Policy::default()
    });
    lifecycle.step(NOW);
    lifecycle.guard(Origin::Same, false);
    lifecycle.prepared(NOW);
    assert_eq!(lifecycle.deadline(), None);
    lifecycle.responded(&ResponseFacts {
        status: 200,
        content_type: Some("text/event-stream"),
        is_rejection: false,
        ..rejection(200, false)
    });
    assert_eq!(lifecycle.step(NOW), Step::Open);
    lifecycle.announce(NOW, NOW, Some(Millis::from_secs(1)));
    assert_eq!(lifecycle.deadline(), None);
}
