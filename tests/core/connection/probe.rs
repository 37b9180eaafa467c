//! Why a request got no response, and what follows.

use authenticated_event_source::connection::{
    Cause, Decision, Detail, Origin, Policy, Reason, RequestKind, ResponseFacts, Step,
};

use crate::life::{Life, head, opaque_redirect, secret};

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
