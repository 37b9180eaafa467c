//! The messages of failures, with the facts that only the browser knows.

use alloc::format;
use alloc::string::String;

use crate::browser::problems;
use crate::connection::{Failure, Reason};

/// The facts that a message may mention, besides the failure.
#[derive(Default)]
pub(super) struct Facts {
    /// Replaces the message of the failure.
    pub(super) problem: Option<&'static str>,
    /// The problem of the credentials that were sent, if there is one.
    pub(super) auth_problem: Option<&'static str>,
    /// How many sources use the origin of the URL. 1 where no browser limits its connections.
    pub(super) sources: usize,
    /// The URL without user name, password, query and fragment.
    pub(super) url: String,
}

/// Returns the message of a failure.
pub(super) fn message_of(failure: &Failure, facts: &Facts) -> String {
    let seconds = failure.silence.get().div_ceil(1000);
    let sources = facts.sources;
    let text = match (failure.reason, facts.problem, facts.auth_problem) {
        (_, Some(problem), _) => String::from(problem),
        (Reason::Unauthorized, _, Some(problem)) => {
            let status = failure.status.unwrap_or_default();
            format!("The server refused the credentials ({status}). {problem}")
        }
        (Reason::Timeout, ..) if sources > 1 => format!(
            "No response headers arrived in {seconds} s. The browser's limit is the likely cause: {sources} sources \
             use this origin, and HTTP/1.1 allows six connections. Use HTTP/2, or share one source."
        ),
        _ => failure.message(),
    };
    format!("{text} URL: {}", facts.url)
}

/// Returns the problem of credentials that the server refused. It quotes no part of them.
///
/// `value` is the value of the header `name` that was sent, and `has_empty_token` whether the provider
/// returned an empty token.
pub(super) fn auth_problem_of(
    value: Option<&str>,
    name: &str,
    has_empty_token: bool,
) -> Option<&'static str> {
    if has_empty_token {
        return Some(problems::EMPTY_TOKEN);
    }
    let mut parts = value.unwrap_or_default().split_ascii_whitespace();
    let (scheme, token) = (parts.next(), parts.next());
    match (scheme, token) {
        (None, _) => Some(problems::NO_CREDENTIALS),
        (Some(_), None) => name
            .eq_ignore_ascii_case("Authorization")
            .then_some(problems::NO_SCHEME),
        (Some(scheme), Some(token)) if token.eq_ignore_ascii_case(scheme) => {
            Some(problems::SCHEME_TWICE)
        }
        (_, Some("undefined" | "null" | "[object")) => Some(problems::TOKEN_UNDEFINED),
        _ => None,
    }
}
