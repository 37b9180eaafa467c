//! What responses, headers, tokens and failures say.
use core::time::Duration;
use std::collections::BTreeSet;

use authenticated_event_source::connection::{
    Decision, Detail, Failure, Millis, Reason, ResponseFacts, Retry, RetryState, header_value,
    renew_in, retry_after, with_param,
};
use proptest::prelude::*;

use crate::strategies::{REASONS, any_time, config};

fn head(status: u16, content_type: Option<&str>) -> ResponseFacts<'_> {
    ResponseFacts {
        status,
        is_opaque_redirect: false,
        content_type,
        retry_after: None,
        is_rejection: status == 401,
        is_nonce_challenge: false,
    }
}

fn reason(status: u16, content_type: Option<&str>) -> Option<Reason> {
    head(status, content_type)
        .check()
        .err()
        .map(|failure| failure.reason)
}

#[test]
fn the_type_counts_without_case_and_parameters() {
    let good = [
        "text/event-stream",
        "TEXT/Event-Stream",
        " text/event-stream\t",
        "text/event-stream;charset=utf-8",
        "text/event-stream ; charset=latin1; x",
        "text/event-stream;",
        // Of several values the last that is a MIME type counts.
        "text/html, text/event-stream",
        "text/event-stream, nonsense",
        "text/event-stream, */*",
        "text/event-stream,",
        "text/html;a=\"b,text/plain\",text/event-stream",
        "text/event-stream;a=\",text/html\"",
        "text/event-stream;a=\"b, text/html",
    ];
    for content_type in good {
        assert_eq!(reason(200, Some(content_type)), None, "{content_type}");
    }
    let bad = [
        "",
        ";",
        "text/event-streamfoo",
        "xtext/event-stream",
        "text/event",
        "application/json",
        "text/html; x=text/event-stream",
        "text/event-stream, text/html",
        "text/event-stream, text/html;",
        "text /event-stream",
        "text/event-stream/x",
        "/event-stream",
        "*/*",
    ];
    for content_type in bad {
        assert_eq!(
            reason(200, Some(content_type)),
            Some(Reason::ContentType),
            "{content_type}"
        );
    }
    assert_eq!(reason(200, None), Some(Reason::ContentType));
}

#[test]
fn only_200_opens() {
    for status in (0..=1000).filter(|status| *status != 200) {
        let expected = match status {
            204 => Reason::NoContent,
            401 => Reason::Unauthorized,
            _ => Reason::Status,
        };
        assert_eq!(
            reason(status, Some("text/event-stream")),
            Some(expected),
            "{status}"
        );
    }
}

#[test]
fn retry_after_is_capped_at_an_hour() {
    let head = ResponseFacts {
        retry_after: Some(Millis::MAX),
        ..head(503, None)
    };
    let failure = head.check().expect_err("503 is no event stream");
    assert_eq!(failure.retry_after(), Some(Duration::from_secs(3600)));
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let date = |text: &str| if text == "a date" { 5_000.0 } else { f64::NAN };
    assert_eq!(retry_after("120", 0.0, date), Some(Millis::from_secs(120)));
    assert_eq!(retry_after(" 0 ", 0.0, date), Some(Millis::ZERO));
    assert_eq!(
        retry_after("a date", 1_000.0, date),
        Some(Millis::from_secs(4))
    );
    assert_eq!(retry_after("a date", 9_000.0, date), Some(Millis::ZERO));
    let huge = "9".repeat(40);
    assert_eq!(retry_after(&huge, 0.0, date), Some(Millis::MAX));
    for rubbish in ["", " ", "-5", "+5", "1.5", "5s", "soon", "\u{663}"] {
        assert_eq!(retry_after(rubbish, 0.0, date), None, "{rubbish}");
    }
}

#[test]
fn every_reason_has_a_name_a_code_and_an_advice_of_its_own() {
    let of_all = |text: fn(Failure) -> String| -> BTreeSet<String> {
        REASONS.map(Failure::new).into_iter().map(text).collect()
    };
    assert_eq!(
        of_all(|failure| failure.reason.as_str().to_owned()).len(),
        REASONS.len()
    );
    assert_eq!(of_all(|failure| failure.code()).len(), REASONS.len());
    assert_eq!(of_all(|failure| failure.message()).len(), REASONS.len());
    let code = Failure::new(Reason::ContentType).code();
    assert_eq!(code, "ERR_CONTENT_TYPE");
}

/// Returns the variants of an enum in the source of the failures.
fn variants(name: &str) -> BTreeSet<String> {
    let source = include_str!("../../../src/connection/failure.rs");
    let begin = format!("pub enum {name} {{");
    let (_, body) = source.split_once(&*begin).expect("the enum is there");
    let (body, _) = body.split_once('}').expect("the enum ends");
    let lines = body
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_messages_under_test_are_those_of_all_reasons_and_details() {
    let failures = all_failures();
    let reasons = failures.iter().map(|it| format!("{:?}", it.reason));
    assert_eq!(reasons.collect::<BTreeSet<_>>(), variants("Reason"));
    let details = failures.iter().filter_map(|it| it.detail);
    let details = details.map(|it| format!("{it:?}"));
    assert_eq!(details.collect::<BTreeSet<_>>(), variants("Detail"));
}

/// Every reason, and every detail with the reasons that it comes with.
fn all_failures() -> Vec<Failure> {
    use Detail::*;
    let details = [
        (Reason::Cors, ResumeRefused),
        (Reason::Request, IdNotSendable),
        (Reason::Status, IdTooLong),
        (Reason::Request, MixedContent),
        (Reason::Network, CorsUnknown),
    ];
    let detailed = details.map(|(reason, detail)| Failure::with_detail(reason, detail));
    let refused = [None, Some("text/plain"), Some("text/html")];
    let refused = refused.map(|kind| head(200, kind).check().expect_err("no event stream"));
    let mut all: Vec<_> = REASONS.map(Failure::new).into();
    all.extend(detailed);
    all.extend(refused);
    all
}

#[test]
fn every_message_states_what_happened_and_what_to_do() {
    for failure in all_failures() {
        let message = failure.message();
        let sentences: Vec<_> = message.split_inclusive(". ").collect();
        assert!(sentences.len() >= 2, "{message}");
        assert!(message.ends_with('.'), "{message}");
        for sentence in sentences {
            assert!(sentence.starts_with(char::is_uppercase), "{message}");
        }
    }
}

#[test]
fn messages_name_builder_methods_and_no_javascript_options() {
    let builder = include_str!("../../../src/browser/builder.rs");
    for failure in all_failures() {
        let message = failure.message();
        for name in message.split('`').skip(1).step_by(2) {
            let is_option = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if is_option {
                assert!(
                    builder.contains(&format!("pub fn {name}")),
                    "`{name}`: {message}"
                );
            }
        }
    }
}

#[test]
fn statuses_of_restarting_servers_are_retried() {
    let retried = |status| {
        let failure = Failure::with_status(Reason::Status, status);
        let mut connection = RetryState::new(Retry::default(), false, String::new());
        connection.decide(&failure, None, Millis::ZERO, 0.0) != Decision::Stop
    };
    let transient: Vec<_> = (100..=999).filter(|status| retried(*status)).collect();
    let mut expected = vec![408, 425, 429];
    expected.extend((500..=599).filter(|status| ![501, 505].contains(status)));
    assert_eq!(transient, expected);
}

#[test]
fn an_event_stream_type_may_be_followed_by_white_space_and_anything() {
    for kind in [
        "text/event-stream charset=utf-8",
        "text/event-stream\tcharset=utf-8",
        " TEXT/event-stream utf-8; x=y",
        "text/event-stream, charset=utf-8",
    ] {
        assert!(head(200, Some(kind)).check().is_ok(), "{kind}");
    }
    for kind in [
        "text/event-streams x",
        "text/event-stream-x",
        "x text/event-stream",
        "text/ event-stream",
    ] {
        assert!(head(200, Some(kind)).check().is_err(), "{kind}");
    }
}

#[test]
fn a_query_parameter_changes_no_other_byte_of_the_url() {
    let is_named = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        name.replace("%6Cast", "last") == "last"
    };
    let set = |url| with_param(url, "last=7", is_named);
    for (url, expected) in [
        ("https://a/b", "https://a/b?last=7"),
        ("https://a/b?", "https://a/b?last=7"),
        ("https://a/b?#c?d", "https://a/b?last=7#c?d"),
        (
            "https://a/b?flag&q=%20~%2f#c",
            "https://a/b?flag&q=%20~%2f&last=7#c",
        ),
        (
            "https://a/?x&&last=1&y=+&last=2&",
            "https://a/?x&&last=7&y=+&",
        ),
        ("https://a/?%6Cast=1&lasts=2", "https://a/?last=7&lasts=2"),
        ("https://a/??last=1", "https://a/??last=1&last=7"),
    ] {
        assert_eq!(set(url), expected);
    }
}

#[test]
fn an_html_page_is_called_a_login_page() {
    let failure = head(200, Some("text/html; charset=utf-8"))
        .check()
        .expect_err("HTML");
    assert!(
        failure.message().contains("`text/html; charset=utf-8`"),
        "{failure}"
    );
    assert!(failure.message().contains("login"), "{failure}");
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let at = Millis::from_secs;
    assert_eq!(renew_in(at(1000), at(900), at(30)), Some(at(70)));
    // Shorter lived than the margin: at half of its life, not at once and for ever.
    assert_eq!(renew_in(at(1000), at(980), at(30)), Some(at(10)));
    assert_eq!(renew_in(at(1000), at(1000), at(30)), None);
    assert_eq!(renew_in(at(1000), at(2000), at(30)), None);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_content_type_is_judged(content_type in "\\PC{0,200}", status in any::<u16>()) {
        if let Err(failure) = head(status, Some(&content_type)).check() {
            prop_assert!(failure.message().len() < 1000);
            prop_assert!(failure.code().starts_with("ERR_"));
        }
    }

    #[test]
    fn any_retry_after_is_read(value in "\\PC{0,30}", now in any::<f64>(), date in any::<f64>()) {
        retry_after(&value, now, |_| date);
    }

    /// Each character of the header value is one byte of the ID's UTF-8.
    #[test]
    fn an_id_becomes_bytes_and_comes_back(id in "\\PC{0,30}") {
        let bytes: Option<Vec<u8>> =
            header_value(&id).chars().map(|c| u8::try_from(c).ok()).collect();
        prop_assert_eq!(bytes, Some(id.into_bytes()));
    }

    #[test]
    fn a_renewal_falls_into_the_life_of_the_token(
        expires_at in any_time(),
        now in any_time(),
        before in any_time(),
    ) {
        let [expires_at, now, before] = [expires_at, now, before].map(Millis::from);
        if let Some(wait) = renew_in(expires_at, now, before) {
            let life = expires_at.saturating_sub(now);
            prop_assert!(wait >= life.divided_by(2));
            prop_assert!(wait <= life);
            prop_assert!(wait < life || before == Millis::ZERO);
        } else {
            prop_assert!(expires_at <= now);
        }
    }
}

/// A server may echo a token in the header.
#[test]
fn a_content_type_that_quotes_a_secret_is_removed() {
    for echoed in [
        "text/hunter2",
        "hunter2",
        "text/html;hunter2",
        "text/html, hunter2",
    ] {
        let check = head(200, Some(echoed)).check();
        let mut failure = check.expect_err("it is no event stream");
        failure.redact(["", "session", "hunter2"]);
        assert!(!failure.message().contains("hunter2"), "{echoed}");
        assert!(failure.message().contains("redacted"), "{echoed}");
    }
    let mut failure = head(200, Some("text/plain")).check().expect_err("plain");
    failure.redact(["", "hunter2"]);
    assert!(failure.message().contains("`text/plain`"));
}
