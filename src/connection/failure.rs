//! Why a connection failed, with a message that states what to do.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::Millis;

/// Why a connection, or an attempt at one, is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The network failed: no response came, or its body broke off.
    Network,
    /// No response headers within the connect timeout.
    Timeout,
    /// The open stream stayed silent longer than the heartbeat timeout.
    Stalled,
    /// The open stream has not sent a single byte: a proxy may buffer it.
    Mute,
    /// The server ended the stream normally.
    End,
    /// The server answered with a status other than 200.
    Status,
    /// The server answered 204, which forbids a reconnect.
    NoContent,
    /// The response is not a `text/event-stream`.
    ContentType,
    /// A redirect would have carried secrets to another origin.
    Redirect,
    /// The server rejected the credentials. If the provider can refresh them, it rejected the refreshed
    /// ones too.
    Unauthorized,
    /// A provider of the token, the headers or the body failed, or did not answer within 30 s. A refresh
    /// has no time limit.
    Auth,
    /// The server answers, but its CORS headers do not allow this request.
    Cors,
    /// An event or a line was larger than the limit.
    TooLarge,
    /// The request cannot work, for example because of an illegal option or mixed content. Also: the
    /// closure of `fetch` returned no readable response.
    Request,
    /// The page's Content-Security-Policy forbids the address.
    Csp,
}

impl Reason {
    /// The name in the JavaScript API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Stalled => "stalled",
            Self::Mute => "mute",
            Self::End => "end",
            Self::Status => "status",
            Self::NoContent => "no-content",
            Self::ContentType => "content-type",
            Self::Redirect => "redirect",
            Self::Unauthorized => "unauthorized",
            Self::Auth => "auth",
            Self::Cors => "cors",
            Self::TooLarge => "too-large",
            Self::Request => "request",
            Self::Csp => "csp",
        }
    }
}

/// What makes a [`Reason`] more precise, and changes the advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Detail {
    /// The first connect worked, but CORS refuses each reconnect, which has a `Last-Event-ID` header.
    ResumeRefused,
    /// The last event ID contains characters that the platform refuses in a header.
    IdNotSendable,
    /// The server answered 431, and the request had a last event ID.
    IdTooLong,
    /// The browser blocks a request over HTTP, because the page uses HTTPS.
    MixedContent,
    /// The page is cross-origin isolated, where a CORS refusal looks like a dead network.
    CorsUnknown,
}

/// A failure of a connection, or of an attempt to connect. In a browser, `Error` contains it and the
/// exception or the response behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Why the connection failed.
    pub reason: Reason,
    /// The status of the response that failed the attempt. `None` without a response, or once the stream
    /// was open.
    pub status: Option<u16>,
    /// See [`retry_after`](Self::retry_after).
    #[doc(hidden)]
    pub retry_after: Option<Millis>,
    /// The content type that came instead of `text/event-stream`: its first 100 bytes at most, and empty
    /// if the header is missing.
    pub content_type: Option<String>,
    /// What makes the reason more precise.
    pub detail: Option<Detail>,
    /// How long nothing arrived, if that is the reason.
    #[doc(hidden)]
    pub silence: Millis,
    /// Whether a refresh of the credentials may answer the failure. `ResponseFacts::is_rejection` is the
    /// fact of the response that it results from.
    pub(super) may_refresh: bool,
    /// Whether the response has the challenge `use_dpop_nonce`.
    pub(super) is_nonce_challenge: bool,
}

impl Failure {
    /// A failure without a response.
    pub const fn new(reason: Reason) -> Self {
        Self {
            reason,
            status: None,
            retry_after: None,
            content_type: None,
            detail: None,
            silence: Millis::ZERO,
            may_refresh: matches!(reason, Reason::Unauthorized),
            is_nonce_challenge: false,
        }
    }

    /// A failure with a detail.
    pub const fn with_detail(reason: Reason, detail: Detail) -> Self {
        let mut failure = Self::new(reason);
        failure.detail = Some(detail);
        failure
    }

    /// A failure with the status of its response.
    pub const fn with_status(reason: Reason, status: u16) -> Self {
        let mut failure = Self::new(reason);
        failure.status = Some(status);
        failure
    }

    /// Returns the same failure, marked so that it leads to no refresh.
    pub(super) fn without_refresh(mut self) -> Self {
        self.may_refresh = false;
        self
    }

    /// Replaces the content type by `[redacted]` if it contains one of these texts: a server may echo a
    /// token in it.
    #[doc(hidden)]
    pub fn redact<'a>(&mut self, secrets: impl IntoIterator<Item = &'a str>) {
        let Some(content_type) = &mut self.content_type else {
            return;
        };
        let is_echo = |secret: &str| !secret.is_empty() && content_type.contains(secret);
        if secrets.into_iter().any(is_echo) {
            *content_type = String::from("[redacted]");
        }
    }

    /// The response's `Retry-After` as a wait from its arrival, at most one hour
    /// ([RFC 9110 §10.2.3]).
    ///
    /// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from)
    }

    /// Whether the server ended the stream on purpose. If the source stops then, that is no error.
    pub fn is_ordinary_end(&self) -> bool {
        matches!(self.reason, Reason::End | Reason::NoContent)
    }

    /// A stable code for programs: `ERR_` and the reason in capitals. Unlike the message, it never
    /// changes.
    pub fn code(&self) -> String {
        let mut code = String::from("ERR_");
        code.extend(self.reason.as_str().chars().map(|c| match c {
            '-' => '_',
            c => c.to_ascii_uppercase(),
        }));
        code
    }

    /// What happened, and what to do. Contains no token, and no header value except the content type.
    pub fn message(&self) -> String {
        let mut message = String::new();
        self.write_event(&mut message);
        message.push(' ');
        message.push_str(self.advice());
        message
    }

    fn write_event(&self, message: &mut String) {
        let status = self.status.unwrap_or_default();
        let seconds = self.silence.get().div_ceil(1000);
        let text = match self.reason {
            Reason::Status => format!("The server answered with status {status}."),
            Reason::Unauthorized => format!("The server refused the credentials ({status})."),
            Reason::Timeout => format!("No response headers arrived in {seconds} s."),
            Reason::Stalled => format!("The stream was silent for {seconds} s."),
            Reason::Mute => {
                format!("Response headers arrived, but no byte of the stream in {seconds} s.")
            }
            Reason::ContentType => match self.content_type.as_deref().unwrap_or_default() {
                "" => String::from("The response has no `Content-Type`."),
                other => format!("The response is `{other}`, not `text/event-stream`."),
            },
            _ => return message.push_str(self.event()),
        };
        message.push_str(&text);
    }

    /// What happened, for reasons without a number.
    fn event(&self) -> &'static str {
        match (self.reason, self.detail) {
            (Reason::End, _) => "The server ended the stream.",
            (Reason::NoContent, _) => "The server answered 204: nothing follows.",
            (Reason::Redirect, _) => {
                "The server redirects a request with secrets (credentials, custom headers or a body)."
            }
            (Reason::Auth, _) => "The token or header provider failed, or did not answer in time.",
            (Reason::Cors, Some(Detail::ResumeRefused)) => {
                "The first connect worked, but CORS refuses each reconnect."
            }
            (Reason::Cors, _) => "The server answers, but CORS refuses the response.",
            (Reason::TooLarge, _) => "An event or a line is larger than `max_event_size`.",
            (_, Some(Detail::MixedContent)) => {
                "The browser blocks mixed content: the page uses HTTPS, the URL does not."
            }
            (_, Some(Detail::IdNotSendable)) => {
                "The last event ID contains control characters, which cannot be sent in a header."
            }
            (Reason::Request, _) => "The request is not valid.",
            (Reason::Csp, _) => "The page's Content-Security-Policy forbids this address.",
            _ => "The server could not be reached, or the connection broke.",
        }
    }

    /// What to do.
    fn advice(&self) -> &'static str {
        match (self.reason, self.detail) {
            (Reason::Status, Some(Detail::IdTooLong)) => {
                "The last event ID may be too long for a header: send shorter IDs, or call \
                 `last_event_id_param`."
            }
            (Reason::Cors, Some(Detail::ResumeRefused)) => {
                "List `Last-Event-ID` in `Access-Control-Allow-Headers`, or call \
                 `last_event_id_param`."
            }
            (_, Some(Detail::MixedContent)) => "Use an HTTPS URL.",
            (_, Some(Detail::IdNotSendable)) => "Send other IDs, or call `last_event_id_param`.",
            (_, Some(Detail::CorsUnknown)) => {
                "Check the server and the network. In a cross-origin isolated page a CORS refusal \
                 looks the same: check the CORS headers too."
            }
            (Reason::ContentType, _) if self.is_html() => {
                "It looks like a login or error page: check the URL and the session."
            }
            (reason, _) => reason.advice(),
        }
    }

    fn is_html(&self) -> bool {
        let content_type = self.content_type.as_deref().unwrap_or_default();
        content_type
            .get(..9)
            .is_some_and(|start| start.eq_ignore_ascii_case("text/html"))
    }
}

impl Reason {
    /// What to do, if there is no detail.
    const fn advice(self) -> &'static str {
        match self {
            Self::Network => "Check the server and the network.",
            Self::Timeout => {
                "Check the server, turn off compression for event streams, or raise `connect_timeout`."
            }
            Self::Stalled => "Send a comment every 15 s, or raise `heartbeat_timeout`.",
            Self::Mute => {
                "Do not compress or buffer event streams: send `X-Accel-Buffering: no`, and check \
                 proxies."
            }
            Self::End => "Keep the response open, or answer 204 to end it.",
            Self::Status => "Check the URL and the server.",
            Self::NoContent => "Open a new source to connect again.",
            Self::ContentType => "Check the URL and the `Content-Type` of the server.",
            Self::Redirect => {
                "Use the final URL, or call `redirect_policy` with `RedirectPolicy::Follow` if \
                 each target may receive them."
            }
            Self::Unauthorized => "Sign in again, or return a new token from the `auth` provider.",
            Self::Auth => "Check the provider.",
            Self::Cors => {
                "The path may be wrong, or a 401 or other error has no CORS headers. Send \
                 `Access-Control-Allow-Origin` with every response, and list `Authorization` and \
                 each custom header in `Access-Control-Allow-Headers`."
            }
            Self::TooLarge => "Raise `max_event_size` if you trust the server.",
            Self::Request => {
                "Check the URL, and remove line breaks and control characters from tokens and \
                 headers."
            }
            Self::Csp => "Add it to `connect-src`.",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}
