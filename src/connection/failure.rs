//! Why a connection failed, with a message that says what to do.

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
    /// The server answered 204: it asks not to reconnect.
    NoContent,
    /// The response is not a `text/event-stream`.
    ContentType,
    /// A redirect would have carried secrets to another origin.
    Redirect,
    /// The server rejected the credentials, also after a refresh.
    Unauthorized,
    /// The token or header provider failed, or did not answer in time.
    Auth,
    /// The server answers, but its CORS headers do not allow this request.
    Cors,
    /// An event or a line was larger than the limit.
    TooLarge,
    /// The request could not be built, for example because of an illegal header.
    Request,
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
        }
    }

    /// What happened and what to do. Contains no tokens or header values.
    const fn advice(self) -> &'static str {
        match self {
            Self::Network => "the server could not be reached, or the connection broke off",
            Self::Timeout => {
                "no response headers came in time: check the server, or raise `connectTimeout`"
            }
            Self::Stalled => {
                "nothing came for longer than the heartbeat timeout: the connection counts as \
                 dead; if the stream may be silent that long, raise `heartbeatTimeout` or let the \
                 server send comments"
            }
            Self::Mute => {
                "the response headers came, but not one byte of the stream within the heartbeat \
                 timeout: a proxy may hold it back; have the server send `X-Accel-Buffering: no`, \
                 and do not compress `text/event-stream`"
            }
            Self::End => "the server ended the stream",
            Self::Status => "the server answered with a status that is not 200",
            Self::NoContent => "the server answered 204: it asks not to reconnect",
            Self::ContentType => "the response is not `text/event-stream`",
            Self::Redirect => {
                "the server redirects a request that carries credentials or custom headers, \
                 possibly to another origin: use the final URL, or set `redirectPolicy: 'follow'` \
                 if that origin may see them"
            }
            Self::Unauthorized => "the server rejected the credentials",
            Self::Auth => {
                "the token or header provider failed or did not answer in time: see `error.cause`"
            }
            Self::Cors => {
                "the server answers, but its CORS headers do not allow this request: it must send \
                 `Access-Control-Allow-Origin`, and list `Authorization` (and each custom header) \
                 in `Access-Control-Allow-Headers`"
            }
            Self::TooLarge => {
                "an event or a line is larger than `maxEventSize`: raise the limit if the server \
                 is to be trusted"
            }
            Self::Request => {
                "the request could not be built: the URL is not valid or cannot be fetched, or a \
                 header name or value is not legal (a token with a line break, perhaps)"
            }
        }
    }
}

/// A failure of a connection, or of an attempt to connect. In a browser, `Error` contains it and the
/// exception or the response behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Why the connection failed.
    pub reason: Reason,
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// See [`retry_after`](Self::retry_after).
    #[doc(hidden)]
    pub retry_after: Option<Millis>,
    /// The content type that came instead of `text/event-stream`, at most 100 bytes.
    pub content_type: Option<String>,
    /// Whether the request had a `Last-Event-ID` header that the CORS preflight may have refused.
    pub is_resume_refused: bool,
    /// Whether other credentials may help.
    pub(super) is_rejection: bool,
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
            is_resume_refused: false,
            is_rejection: matches!(reason, Reason::Unauthorized),
            is_nonce_challenge: false,
        }
    }

    /// A failure with the status of its response.
    pub const fn with_status(reason: Reason, status: u16) -> Self {
        let mut failure = Self::new(reason);
        failure.status = Some(status);
        failure
    }

    /// The same failure, which no refresh of the credentials answers.
    pub(super) fn without_refresh(mut self) -> Self {
        self.is_rejection = false;
        self
    }

    /// Removes the content type if it quotes one of these texts: a server may echo a token in it.
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

    /// One sentence: what happened and what to do.
    pub fn message(&self) -> String {
        if self.is_resume_refused {
            return String::from(
                "the first connect worked, but no reconnect reaches the server although it \
                 answers: list `Last-Event-ID` in `Access-Control-Allow-Headers`, or set \
                 `lastEventIdParam` to send the ID in the URL",
            );
        }
        let mut message = String::from(self.reason.advice());
        if let (Reason::Status | Reason::Unauthorized, Some(status)) = (self.reason, self.status) {
            message.push_str(": ");
            push_number(&mut message, status);
        }
        if self.reason == Reason::Unauthorized {
            message.push_str("; sign in again, or have `auth.onUnauthorized` obtain a new token");
        }
        if let Some(content_type) = &self.content_type {
            push_content_type(&mut message, content_type);
        }
        message
    }
}

/// Appends a number. `core::fmt` would add several kilobytes to the npm package.
fn push_number(message: &mut String, number: u16) {
    if number >= 10 {
        push_number(message, number / 10);
    }
    message.push(char::from(b'0' + (number % 10) as u8));
}

fn push_content_type(message: &mut String, content_type: &str) {
    if content_type.is_empty() {
        message.push_str(": it has no `Content-Type`");
        return;
    }
    message.push_str(" but `");
    message.push_str(content_type);
    message.push('`');
    if content_type.starts_with("text/html") {
        message.push_str(": it looks like a login or error page, so check the URL and the session");
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}
