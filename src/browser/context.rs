//! The attempt for which a provider is called.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::auth::Token;
use crate::connection::Cause;

/// The attempt for which a provider is called.
#[derive(Clone)]
#[non_exhaustive]
pub struct AttemptContext {
    /// The number of the attempt since the connection was last healthy, from 1.
    pub attempt: u32,
    /// Why the attempt is made.
    pub cause: Cause,
    /// The last event ID that the request sends.
    pub last_event_id: String,
    /// The absolute URL of the source, without the last event ID.
    pub url: String,
    /// The latest response of any status, because a nonce may arrive with a 200 too.
    pub response: Option<ResponseHead>,
    /// The text of the body of that response if it is an error response: at most 16 KiB, and what
    /// arrived within 1 s.
    pub body: Option<String>,
    /// The token of this attempt, for headers and bodies: a DPoP proof contains its hash. `None` for
    /// the token itself.
    pub token: Option<Token>,
}

impl AttemptContext {
    /// A context for the unit tests of a provider: the first attempt, without a response.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            attempt: 1,
            cause: Cause::Start,
            last_event_id: String::new(),
            url: url.into(),
            response: None,
            body: None,
            token: None,
        }
    }
}

/// Without the URL, the last event ID and the body, which may contain secrets.
impl fmt::Debug for AttemptContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptContext")
            .field("attempt", &self.attempt)
            .field("cause", &self.cause)
            .field("response", &self.response)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// The head of a response.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The URL, after redirects.
    pub url: String,
    /// The headers that the browser exposes, with names in lower case.
    pub headers: Vec<(String, String)>,
}

impl ResponseHead {
    /// A head without headers.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            url: String::new(),
            headers: Vec::new(),
        }
    }

    /// The value of a header, whose name is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

pub(super) fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Without the URL and the headers, which may contain secrets.
impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
