//! Reads HTTP/1.1 requests. A library would also validate and normalize them, but the request log
//! must show them as they arrived.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::budget::{Budget, Reserved};

/// Most bytes of a request head.
const MAX_HEAD: usize = 256 * 1024;
/// Most bytes of a request body that are read.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// Bytes of a body that are kept, except for a new script: the request log shows no more.
const MAX_KEPT_BODY: usize = 16 * 1024;
/// The time limit for a whole request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// The memory of the body of a new script.
    pub(crate) reserved: Option<Arc<Reserved>>,
}

impl Request {
    /// Reads one request. Returns `None` if the client left before it was complete. The body of a new
    /// script needs memory of `budget`.
    pub(crate) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        budget: &Budget,
    ) -> io::Result<Option<Self>> {
        timeout(REQUEST_TIMEOUT, Self::read_whole(stream, budget))
            .await
            .map_err(io::Error::other)?
    }

    async fn read_whole(
        stream: &mut (impl AsyncRead + Unpin),
        budget: &Budget,
    ) -> io::Result<Option<Self>> {
        let mut buffer = Vec::with_capacity(4096);
        loop {
            let begin = buffer.len();
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(None);
            }
            // Parsing again after each byte would cost the square of the length.
            let is_complete = has_blank_line(&buffer[begin.saturating_sub(3)..]);
            let parsed = if is_complete { parse(&buffer)? } else { None };
            let Some((mut request, head)) = parsed else {
                if buffer.len() > MAX_HEAD {
                    return Err(io::Error::other(
                        "The request head is too large. Send at most 256 KiB.",
                    ));
                }
                continue;
            };
            request.body = buffer.split_off(head);
            return request.read_body(stream, budget).await;
        }
    }

    async fn read_body(
        mut self,
        stream: &mut (impl AsyncRead + Unpin),
        budget: &Budget,
    ) -> io::Result<Option<Self>> {
        let text = self.header("content-length").unwrap_or_default();
        let length: usize = text.parse().unwrap_or(0);
        if length > MAX_BODY {
            return Err(io::Error::other(
                "The request body is too large. Send at most 8 MiB.",
            ));
        }
        let is_script = self.method == "POST" && self.path() == "/fault/script";
        let kept = if is_script {
            length
        } else {
            length.min(MAX_KEPT_BODY)
        };
        if is_script {
            let reserved = budget.reserve(length);
            let busy = || io::Error::other("Other clients send large scripts. Retry later.");
            self.reserved = Some(Arc::new(reserved.ok_or_else(busy)?));
        }
        let mut missing = length.saturating_sub(self.body.len());
        self.body.truncate(kept);
        let mut block = Vec::new();
        while missing > 0 {
            block.clear();
            if (&mut *stream)
                .take(missing as u64)
                .read_buf(&mut block)
                .await?
                == 0
            {
                return Ok(None);
            }
            missing -= block.len();
            let room = kept - self.body.len();
            self.body.extend_from_slice(&block[..room.min(block.len())]);
        }
        Ok(Some(self))
    }

    /// Returns the raw bytes of a header.
    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        let mut all = self.headers.iter();
        all.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.as_slice()))
    }

    /// Returns a header as text. Invalid UTF-8 is replaced.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.header_bytes(name)
            .map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Returns the target up to the question mark.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Returns the target after the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Returns whether this is a CORS preflight, and not another `OPTIONS` request.
    pub(crate) fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.header_bytes("access-control-request-method").is_some()
    }
}

/// Returns whether the bytes contain the end of a head.
fn has_blank_line(bytes: &[u8]) -> bool {
    let contains = |end: &[u8]| bytes.windows(end.len()).any(|window| window == end);
    contains(b"\n\r\n") || contains(b"\n\n")
}

/// Returns the request and the length of its head, or `None` while the head is incomplete.
fn parse(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = parsed.parse(buffer).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|h| (h.name.to_owned(), h.value.to_vec()))
            .collect(),
        ..Request::default()
    };
    Ok(Some((request, head)))
}

/// Returns the standard reason phrase.
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    hyper::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}
