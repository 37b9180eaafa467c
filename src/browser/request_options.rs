//! Members of `RequestInit` that a caller may set ([Fetch §5.4]).
//!
//! [Fetch §5.4]: https://fetch.spec.whatwg.org/#requestinit

/// Which requests carry cookies ([credentials mode]).
///
/// [credentials mode]: https://fetch.spec.whatwg.org/#concept-request-credentials-mode
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// No request.
    Omit,
    /// Requests to the page's own origin. The default.
    SameOrigin,
    /// Requests to any origin.
    Include,
}

/// How a request uses the browser's cache ([cache mode]).
///
/// [cache mode]: https://fetch.spec.whatwg.org/#concept-request-cache-mode
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cache {
    /// The response comes from the network and is not stored. The default.
    NoStore,
    /// The response comes from the network and is stored.
    Reload,
    /// A stored response is used if the server confirms it.
    NoCache,
    /// The rules of HTTP apply.
    Default,
}

/// Which origins a request may reach ([request mode]).
///
/// [request mode]: https://fetch.spec.whatwg.org/#concept-request-mode
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Other origins that allow it by CORS. The default.
    Cors,
    /// The page's own origin.
    SameOrigin,
}

/// How urgent a request is, compared with others of its kind ([request priority]).
///
/// [request priority]: https://fetch.spec.whatwg.org/#request-priority
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// More urgent.
    High,
    /// Less urgent.
    Low,
    /// The browser decides. The default.
    Auto,
}

impl Credentials {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Omit => "omit",
            Self::SameOrigin => "same-origin",
            Self::Include => "include",
        }
    }
}

impl Cache {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NoStore => "no-store",
            Self::Reload => "reload",
            Self::NoCache => "no-cache",
            Self::Default => "default",
        }
    }
}

impl Mode {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Cors => "cors",
            Self::SameOrigin => "same-origin",
        }
    }
}

impl Priority {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
            Self::Auto => "auto",
        }
    }
}
