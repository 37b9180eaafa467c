use alloc::string::String;

use super::{Failure, Reason};
use crate::duration::Duration;
use crate::event_stream::digits;

/// What the check needs of a response.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status code.
    pub status: u16,
    /// Whether its type is `opaqueredirect`: it stands for a redirect that was not followed.
    pub is_opaque_redirect: bool,
    /// The value of `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Retry-After` as a wait from now, where the response has it and lets us read it.
    pub retry_after: Option<Duration>,
}

impl ResponseHead<'_> {
    /// The longest `Retry-After` that is followed: one hour.
    pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

    /// Whether to *announce the connection*: status 200 and `text/event-stream`
    /// (*processEventSourceResponse* in [WHATWG HTML §9.2.2]).
    ///
    /// # Errors
    /// What the response is in place of an event stream.
    ///
    /// [WHATWG HTML §9.2.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource
    pub fn check(&self) -> Result<(), Failure> {
        match self.status {
            200 => self.check_content_type(),
            204 => Err(Failure::with_status(Reason::NoContent, 204)),
            401 => Err(Failure::with_status(Reason::Unauthorized, 401)),
            status => {
                let mut failure = Failure::with_status(Reason::Status, status);
                failure.retry_after = self.retry_after.map(|wait| wait.min(Self::MAX_RETRY_AFTER));
                Err(failure)
            }
        }
    }

    /// Whether it redirects.
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

/// At most 100 bytes: what a server sends shall not fill a message.
fn start_of(text: &str) -> &str {
    let start = (97..=100).rev().find_map(|end| text.get(..end));
    start.unwrap_or(text)
}

// Bytes and slices here and below: the characters and patterns of `str` would add much code.

/// Whether the essence of the MIME type is `text/event-stream`, in any case and with any parameters
/// ([Fetch, "extract a MIME type"]): of several values the last that is a MIME type counts.
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
/// `None` if this is no MIME type, or any at all (`*/*`).
fn essence(value: &[u8]) -> Option<&[u8]> {
    let mut essence = value.split(|byte| *byte == b';').next()?;
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..]
    | [rest @ .., b' ' | b'\t' | b'\n' | b'\r'] = essence
    {
        essence = rest;
    }
    let mut slashes = 0;
    for byte in essence {
        match byte {
            b'/' => slashes += 1,
            // No HTTP token code points.
            0..=b' ' | b'"' | b'(' | b')' | b':'..=b'@' | b'['..=b']' | b'{' | b'}' | 0x7F.. => {
                return None;
            }
            _ => {}
        }
    }
    let is_none = matches!(essence, [b'/', ..] | [.., b'/'] | b"*/*");
    (slashes == 1 && !is_none).then_some(essence)
}

/// `Retry-After` ([RFC 9110 §10.2.3]) as a wait from now: seconds, or a date, which `parse_date`
/// turns into milliseconds since 1970 (NaN: no date). `None`: rubbish, which is ignored.
///
/// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub fn retry_after(
    value: &str,
    unix_now: f64,
    parse_date: impl FnOnce(&str) -> f64,
) -> Option<Duration> {
    let value = value.trim_ascii();
    if let Some(seconds) = digits(value.as_bytes()) {
        return Some(Duration::from_secs(seconds));
    }
    let milliseconds = parse_date(value) - unix_now;
    (!milliseconds.is_nan()).then(|| Duration::from_millis(milliseconds.max(0.0) as u64))
}
