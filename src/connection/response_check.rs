//! The check of a response: is it an event stream?

use alloc::string::String;

use super::{Failure, Millis, Reason};
use crate::event_stream::digits;

/// The facts of a response that decide whether it is an event stream.
#[derive(Clone, Copy, Debug)]
pub struct ResponseFacts<'a> {
    /// The status code.
    pub status: u16,
    /// Whether its [type] is `opaqueredirect`: a redirect that was not followed.
    ///
    /// [type]: https://fetch.spec.whatwg.org/#concept-response-type
    pub is_opaque_redirect: bool,
    /// The value of `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Retry-After` as a wait from now, if CORS allows to read it.
    pub retry_after: Option<Millis>,
    /// Whether `refreshOn` (`refresh_on` in Rust, default 401) selects the response: it rejects the
    /// credentials.
    pub is_rejection: bool,
    /// Whether `WWW-Authenticate` has the challenge `use_dpop_nonce` ([RFC 9449 §9]).
    ///
    /// [RFC 9449 §9]: https://www.rfc-editor.org/rfc/rfc9449#section-9
    pub is_nonce_challenge: bool,
}

impl ResponseFacts<'_> {
    /// The longest wait that a `Retry-After` results in: one hour.
    pub const MAX_RETRY_AFTER: Millis = Millis::from_secs(3600);

    /// Checks whether to *announce the connection*: status 200 and `text/event-stream`
    /// (*processEventSourceResponse* in [WHATWG HTML §9.2.2]).
    ///
    /// # Errors
    /// Why the response is not an event stream.
    ///
    /// [WHATWG HTML §9.2.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource
    pub fn check(&self) -> Result<(), Failure> {
        match self.status {
            status if self.is_rejection => {
                let mut failure = Failure::with_status(Reason::Unauthorized, status);
                failure.is_nonce_challenge = self.is_nonce_challenge;
                Err(failure)
            }
            200 => self.check_content_type(),
            204 => Err(Failure::with_status(Reason::NoContent, 204)),
            401 => Err(Failure::with_status(Reason::Unauthorized, 401).without_refresh()),
            status => {
                let mut failure = Failure::with_status(Reason::Status, status);
                failure.retry_after = self.retry_after.map(|wait| wait.min(Self::MAX_RETRY_AFTER));
                Err(failure)
            }
        }
    }

    /// Whether the response is a redirect ([redirect status]).
    ///
    /// [redirect status]: https://fetch.spec.whatwg.org/#redirect-status
    pub fn is_redirect(&self) -> bool {
        self.is_opaque_redirect || matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    fn check_content_type(&self) -> Result<(), Failure> {
        let content_type = self.content_type.unwrap_or_default();
        if is_event_stream(content_type) {
            return Ok(());
        }
        let mut failure = Failure::with_status(Reason::ContentType, self.status);
        failure.content_type = Some(String::from(start_of(content_type)));
        Err(failure)
    }
}

/// The first 97 to 100 bytes, so that a long header value does not fill an error message.
fn start_of(text: &str) -> &str {
    let start = (97..=100).rev().find_map(|end| text.get(..end));
    start.unwrap_or(text)
}

// Works on bytes and slices here and below: the characters and patterns of `str` would add much code.

/// Whether the essence of the MIME type is `text/event-stream`, in any case and with any parameters
/// ([Fetch, "extract a MIME type"]). Of several values, the last valid MIME type counts.
///
/// [Fetch, "extract a MIME type"]: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
fn is_event_stream(content_type: &str) -> bool {
    let mut is_quoted = false;
    let values = content_type.as_bytes().split(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == b',' && !is_quoted
    });
    let mut is_last = false;
    for essence in values.filter_map(essence) {
        is_last = essence.eq_ignore_ascii_case(b"text/event-stream");
    }
    is_last
}

/// Type and subtype ([MIME Sniffing §4.4](https://mimesniff.spec.whatwg.org/#parsing-a-mime-type));
/// `None` if the value is not a MIME type, or is `*/*`. As in browsers, they end at white space too:
/// `text/event-stream charset=utf-8` is an event stream.
fn essence(value: &[u8]) -> Option<&[u8]> {
    let is_end = |byte: &u8| matches!(byte, b';' | b' ' | b'\t' | b'\n' | b'\r');
    let essence = value.trim_ascii_start().split(is_end).next()?;
    let mut slashes = 0;
    for byte in essence {
        match byte {
            b'/' => slashes += 1,
            // These are not HTTP token code points.
            0..=b' ' | b'"' | b'(' | b')' | b':'..=b'@' | b'['..=b']' | b'{' | b'}' | 0x7F.. => {
                return None;
            }
            _ => {}
        }
    }
    let is_none = matches!(essence, [b'/', ..] | [.., b'/'] | b"*/*");
    (slashes == 1 && !is_none).then_some(essence)
}

/// Parses `Retry-After` ([RFC 9110 §10.2.3]) into a wait from now. The value is a number of seconds,
/// or a date. `parse_date` returns a date as milliseconds since 1970, or NaN. An invalid value is
/// ignored: returns `None`.
///
/// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub fn retry_after(
    value: &str,
    unix_now: f64,
    parse_date: impl FnOnce(&str) -> f64,
) -> Option<Millis> {
    let value = value.trim_ascii();
    if let Some(seconds) = digits(value.as_bytes()) {
        return Some(Millis::from_secs(seconds));
    }
    let milliseconds = parse_date(value) - unix_now;
    (!milliseconds.is_nan()).then(|| Millis::new(milliseconds.max(0.0) as u64))
}

/// Whether a `WWW-Authenticate` has the challenge `use_dpop_nonce` ([RFC 9449 §9]).
///
/// [RFC 9449 §9]: https://www.rfc-editor.org/rfc/rfc9449#section-9
pub fn is_nonce_challenge(www_authenticate: &str) -> bool {
    const ERROR: &[u8] = b"use_dpop_nonce";
    let mut parts = www_authenticate.as_bytes().windows(ERROR.len());
    parts.any(|part| part == ERROR)
}
