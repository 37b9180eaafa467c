//! The response heads of HTTP/2 faults.

use bytes::Bytes;
use h2::SendStream;
use h2::server::SendResponse;
use hyper::header::HeaderValue;
use hyper::{Response, StatusCode};

use crate::fault_server::http1_request::Request;
use crate::fault_server::response_head::{allow_everything, cors};

/// Sends the head of a stream. Returns `None` if the client has left.
pub(super) fn send_stream_head(
    response: &mut SendResponse<Bytes>,
    request: &Request,
) -> Option<SendStream<Bytes>> {
    let mut head = head(request, StatusCode::OK);
    let content_type = HeaderValue::from_static("text/event-stream");
    head.headers_mut().insert("content-type", content_type);
    response.send_response(head, false).ok()
}

/// Sends a response without a body. An error means that the client has left, and is ignored.
pub(super) fn send_status(
    response: &mut SendResponse<Bytes>,
    request: &Request,
    status: StatusCode,
) {
    let _ = response.send_response(head(request, status), true);
}

/// Returns a head that any page may read. To a preflight it allows everything.
fn head(request: &Request, status: StatusCode) -> Response<()> {
    let mut head = Response::builder()
        .status(status)
        .header("cache-control", "no-store");
    for (name, value) in cors(request) {
        head = head.header(name, value);
    }
    if request.is_preflight() {
        for (name, value) in allow_everything(request).headers {
            head = head.header(name, value.unwrap_or_default());
        }
    }
    // The builder fails only on invalid values, and these are copied from a valid request.
    head.body(()).unwrap_or_default()
}
