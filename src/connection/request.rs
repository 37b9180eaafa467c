//! Redirects of requests with secrets, and how the last event ID is sent.

use alloc::string::String;

/// Whether secrets may follow a redirect to another origin ([Fetch §5.4], `mode` and `redirect` of a
/// request). `[NON-SPEC]`
///
/// [Fetch §5.4]: https://fetch.spec.whatwg.org/#request-class
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectPolicy {
    /// A request with a body, or with a header other than `Accept`, `Accept-Language`,
    /// `Content-Language`, `Content-Type` and `Last-Event-ID`, is not redirected to another origin. It
    /// fails with [`Reason::Redirect`](super::Reason::Redirect).
    #[default]
    SameOrigin,
    /// Redirects are followed, and custom headers are sent to every target.
    Follow,
}

/// The member of `RequestInit` that keeps secrets from another origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectGuard {
    /// No member: redirects are followed.
    None,
    /// `mode: 'same-origin'`: the engine refuses redirects to another origin.
    SameOriginMode,
    /// `redirect: 'manual'`: the target of a redirect is invisible, so that all are refused.
    Manual,
}

impl RedirectPolicy {
    /// Chooses the guard of a request. `has_secrets` if it carries a secret header or a body,
    /// `is_same_origin` if its URL has the page's own origin.
    pub fn guard(self, has_secrets: bool, is_same_origin: bool) -> RedirectGuard {
        match (self, has_secrets, is_same_origin) {
            (Self::Follow, ..) | (_, false, _) => RedirectGuard::None,
            (Self::SameOrigin, true, true) => RedirectGuard::SameOriginMode,
            (Self::SameOrigin, true, false) => RedirectGuard::Manual,
        }
    }
}

/// Whether a header of this name counts as a secret: every header except the few that say nothing
/// about the user. A body counts as a secret too, because the statuses 307 and 308 send it again.
pub fn is_secret_header(name: &str) -> bool {
    const PUBLIC: [&str; 5] = [
        "accept",
        "accept-language",
        "content-language",
        "content-type",
        "last-event-id",
    ];
    !PUBLIC
        .iter()
        .any(|public| name.eq_ignore_ascii_case(public))
}

/// The value of the header `Last-Event-ID`: the UTF-8 bytes of the last event ID string, each as one
/// code point ([isomorphic decode]). `fetch` takes header values as byte strings, and throws on an
/// ID with code points above U+00FF.
///
/// [isomorphic decode]: https://infra.spec.whatwg.org/#isomorphic-decode
pub fn header_value(last_event_id: &str) -> String {
    last_event_id.bytes().map(char::from).collect()
}

/// Whether a header value with this text is refused outside of browsers ([RFC 9110 §5.5]).
///
/// [RFC 9110 §5.5]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
pub(super) fn has_control_character(text: &str) -> bool {
    text.bytes()
        .any(|byte| byte.is_ascii_control() && byte != b'\t')
}

/// Returns the URL with this query parameter. Every other byte of the URL stays the same.
///
/// `is_named` returns whether a parameter of the URL has the same name, and `pair` is the encoded
/// parameter. Of several with the name the first is replaced and the others are removed
/// ([URL, "set"]).
///
/// [URL, "set"]: https://url.spec.whatwg.org/#dom-urlsearchparams-set
pub fn with_param(url: &str, pair: &str, mut is_named: impl FnMut(&str) -> bool) -> String {
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let (start, query) = url.split_once('?').unwrap_or((url, ""));
    let mut result = String::from(start);
    let mut separator = '?';
    let mut push = |text: &str| {
        result.push(separator);
        result.push_str(text);
        separator = '&';
    };
    let mut is_set = false;
    for given in query.split('&').filter(|_| !query.is_empty()) {
        if given.is_empty() || !is_named(given) {
            push(given);
        } else if !is_set {
            push(pair);
            is_set = true;
        }
    }
    if !is_set {
        push(pair);
    }
    result.push_str(fragment);
    result
}
