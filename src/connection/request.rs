use alloc::string::String;

/// Whether secrets may follow a redirect to another origin ([Fetch §5.4], `mode` and `redirect` of a
/// request). `[NON-SPEC]`
///
/// [Fetch §5.4]: https://fetch.spec.whatwg.org/#request-class
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectPolicy {
    /// A request that [carries secrets](is_secret_header) does not leave the origin of its URL.
    #[default]
    SameOrigin,
    /// Redirects are followed; custom headers go along wherever they lead.
    Follow,
}

/// How the fetch is kept from carrying secrets to another origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectGuard {
    /// Nothing to keep.
    None,
    /// `mode: 'same-origin'`: the engine refuses to leave this origin.
    SameOriginMode,
    /// `redirect: 'manual'`: the target of a redirect cannot be seen, so any is refused.
    Manual,
}

impl RedirectPolicy {
    /// Returns how to send a request. `has_secrets`: it carries a secret header or a body.
    /// `is_same_origin`: its URL has the origin of the page.
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

/// The value of `Last-Event-ID`: the UTF-8 bytes of the last event ID string, each as one code
/// point ([isomorphic decode]), because `fetch` takes header values as byte strings. Without
/// this, an ID that is not ASCII would make every reconnect throw.
///
/// [isomorphic decode]: https://infra.spec.whatwg.org/#isomorphic-decode
pub fn header_value(last_event_id: &str) -> String {
    last_event_id.bytes().map(char::from).collect()
}
