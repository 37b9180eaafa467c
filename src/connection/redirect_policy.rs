//! Redirects of requests with secrets.

/// Whether secrets may follow a redirect to another origin ([Fetch §5.4], `mode` and `redirect` of a
/// request). `[NON-SPEC]`
///
/// [Fetch §5.4]: https://fetch.spec.whatwg.org/#request-class
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectPolicy {
    /// A request with a body, or with a header other than `Accept`, `Accept-Language`,
    /// `Content-Language`, `Content-Type` and `Last-Event-ID`, is not redirected to another origin. If
    /// such a request already goes to another origin than the page's, none of its redirects is followed,
    /// because browsers hide the target. A refused redirect fails with
    /// [`Reason::Redirect`](super::Reason::Redirect).
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
    /// `redirect: 'manual'`: browsers hide the target of a redirect, so that all are refused. The npm
    /// package follows redirects within the origin where the runtime shows the target.
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
