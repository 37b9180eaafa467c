//! Which requests carry secrets, and where these may go.

use authenticated_event_source::connection::{
    Cause, Decision, Lifecycle, Origin, Policy, Reason, RedirectGuard, Retry, Step,
    is_secret_header,
};

use crate::life::{Life, head, opaque_redirect, secret};

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
