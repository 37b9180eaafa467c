use alloc::string::String;

/// What happens to a redirect ([Fetch §5.4], `mode` and `redirect` of a request). `[NON-SPEC]`
///
/// [Fetch §5.4]: https://fetch.spec.whatwg.org/#request-class
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectPolicy {
    /// With credentials or custom headers in the request, no redirect leads to another origin.
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
    /// How to send a request. `has_secrets`: it carries credentials or custom headers;
    /// `is_same_origin`: its URL is of the page's own origin.
    pub fn guard(self, has_secrets: bool, is_same_origin: bool) -> RedirectGuard {
        match (self, has_secrets, is_same_origin) {
            (Self::Follow, ..) | (_, false, _) => RedirectGuard::None,
            (Self::SameOrigin, true, true) => RedirectGuard::SameOriginMode,
            (Self::SameOrigin, true, false) => RedirectGuard::Manual,
        }
    }
}

/// The value of `Last-Event-ID`: the UTF-8 bytes of the last event ID string, each as one code
/// point ([isomorphic decode]), because `fetch` takes header values as byte strings. Without
/// this, an ID that is not ASCII would make every reconnect throw.
///
/// [isomorphic decode]: https://infra.spec.whatwg.org/#isomorphic-decode
pub fn header_value(last_event_id: &str) -> String {
    last_event_id.bytes().map(char::from).collect()
}
