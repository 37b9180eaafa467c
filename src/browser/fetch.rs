//! The request and the response of a replaced `fetch`.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::stream::LocalBoxStream;
use futures_core::{Stream, TryStream};

use super::context::{ResponseHead, find_header};
use super::error::BoxError;
use super::request_body::Body;

/// The request of one attempt, for the closure of [`Builder::fetch`](super::Builder::fetch).
#[non_exhaustive]
pub struct FetchRequest {
    /// The absolute URL, with the last event ID if it is sent as a query parameter.
    pub url: String,
    /// The method.
    pub method: String,
    /// All headers, with names in lower case: the caller's, `accept`, the credentials and
    /// `last-event-id`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Body>,
    #[cfg(target_arch = "wasm32")]
    pub(super) init: web_sys::RequestInit,
}

impl FetchRequest {
    /// The value of a header, whose name is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// Without the URL, the values of headers and the body, which may contain secrets.
impl fmt::Debug for FetchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The response that the closure of [`Builder::fetch`](super::Builder::fetch) returns. On wasm32 a
/// `web_sys::Response` converts into it.
///
/// ```
/// use authenticated_event_source::browser::FetchResponse;
/// use futures_util::stream;
///
/// let bytes = stream::iter([Ok::<_, std::io::Error>("data: hello\n\n")]);
/// let answer = FetchResponse::event_stream(bytes).header("SSE-Heartbeat", "15");
/// let refusal = FetchResponse::new(503).header("Retry-After", "5");
/// # let _ = (answer, refusal);
/// ```
#[must_use = "a response has no effect unless it is returned"]
pub struct FetchResponse {
    pub(super) head: ResponseHead,
    pub(super) is_opaque_redirect: bool,
    pub(super) is_redirected: bool,
    pub(super) body: ResponseBody,
}

/// The body of a response.
pub(super) enum ResponseBody {
    None,
    Bytes(Chunks),
    #[cfg(target_arch = "wasm32")]
    Web(web_sys::Response),
    /// The value is no response.
    #[cfg(target_arch = "wasm32")]
    NotAResponse,
}

pub(super) type Chunks = LocalBoxStream<'static, Result<Vec<u8>, BoxError>>;

impl FetchResponse {
    /// A response with this status, without headers and body.
    pub fn new(status: u16) -> Self {
        Self {
            head: ResponseHead::new(status),
            is_opaque_redirect: false,
            is_redirected: false,
            body: ResponseBody::None,
        }
    }

    /// A response with status 200, the type `text/event-stream` and this body.
    pub fn event_stream<S>(bytes: S) -> Self
    where
        S: TryStream<Ok: AsRef<[u8]>, Error: Into<BoxError>> + 'static,
    {
        Self::new(200)
            .header("Content-Type", "text/event-stream")
            .body(bytes)
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.head.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the URL after redirects, whose origin is the origin of the events. Default: the URL of the
    /// request.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.head.url = url.into();
        self
    }

    /// Sets the body. It is dropped when the source no longer needs it.
    pub fn body<S>(mut self, bytes: S) -> Self
    where
        S: TryStream<Ok: AsRef<[u8]>, Error: Into<BoxError>> + 'static,
    {
        self.body = ResponseBody::Bytes(Box::pin(Owned(Box::pin(bytes))));
        self
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.head.status
    }
}

/// A stream whose chunks and errors have one type for all sources.
struct Owned<S>(Pin<Box<S>>);

impl<S: TryStream<Ok: AsRef<[u8]>, Error: Into<BoxError>>> Stream for Owned<S> {
    type Item = Result<Vec<u8>, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.0.as_mut().try_poll_next(context));
        Poll::Ready(chunk.map(|chunk| {
            chunk
                .map(|bytes| bytes.as_ref().to_vec())
                .map_err(Into::into)
        }))
    }
}

/// Without the URL, the headers and the body, which may contain secrets.
impl fmt::Debug for FetchResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchResponse")
            .field("status", &self.head.status)
            .finish_non_exhaustive()
    }
}
