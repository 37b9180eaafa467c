//! The status line and the headers of a scripted response.

use std::fmt::Write;
use std::io;

use super::http1_request::{Request, reason_phrase};
use super::placeholders::Placeholders;
use super::script::{Framing, Response, Version};

/// The response headers that a page may read.
const EXPOSED: &str = "Retry-After, SSE-Heartbeat, SSE-Resumed-From, Last-Event-ID, Location";

/// Returns the head. It contains the default headers that the script does not replace or remove.
pub(crate) fn head(
    response: &Response,
    request: &Request,
    placeholders: &Placeholders,
) -> io::Result<String> {
    let version = match response.http {
        Version::V11 => "1.1",
        Version::V10 => "1.0",
    };
    let phrase = response
        .reason
        .as_deref()
        .unwrap_or(reason_phrase(response.status));
    let mut out = format!("HTTP/{version} {} {phrase}\r\n", response.status);
    for (name, value) in defaults(response, request) {
        let is_set = response
            .headers
            .keys()
            .any(|key| key.eq_ignore_ascii_case(name));
        if !is_set {
            put(&mut out, name, &value);
        }
    }
    for (name, value) in &response.headers {
        if let Some(value) = value {
            put(&mut out, name, &placeholders.fill(value)?);
        }
    }
    Ok(out + "\r\n")
}

fn defaults(response: &Response, request: &Request) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("connection", "close".to_owned()),
        ("cache-control", "no-store".to_owned()),
    ];
    if response.status == 200 {
        all.push(("content-type", "text/event-stream".to_owned()));
    }
    match response.framing {
        Framing::Chunked if has_body(response.status) => {
            all.push(("transfer-encoding", "chunked".to_owned()));
        }
        Framing::Length(length) => all.push(("content-length", length.to_string())),
        _ => {}
    }
    if response.cors {
        all.extend(cors(request));
    }
    all
}

/// Returns whether a response with this status has a body. A client would read the chunks of other
/// responses as the next response.
pub(crate) fn has_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

/// Returns the CORS headers that let the requesting page read the response.
pub(crate) fn cors(request: &Request) -> Vec<(&'static str, String)> {
    let Some(origin) = request.header("origin") else {
        return Vec::new();
    };
    vec![
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true".to_owned()),
        ("access-control-expose-headers", EXPOSED.to_owned()),
        ("vary", "Origin".to_owned()),
    ]
}

/// Returns the default response to a preflight. It allows every method and header. Browsers must not
/// cache it, so that every request of a test begins with a preflight.
pub(crate) fn allow_everything(request: &Request) -> Response {
    let mut response = Response {
        status: 204,
        ..Response::default()
    };
    let headers = [
        (
            "access-control-request-method",
            "access-control-allow-methods",
        ),
        (
            "access-control-request-headers",
            "access-control-allow-headers",
        ),
    ];
    for (request_header, response_header) in headers {
        response
            .headers
            .insert(response_header.to_owned(), request.header(request_header));
    }
    response
        .headers
        .insert("access-control-max-age".to_owned(), Some("0".to_owned()));
    response
}

fn put(out: &mut String, name: &str, value: &str) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{name}: {value}\r\n");
}
