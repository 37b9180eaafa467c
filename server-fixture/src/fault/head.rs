//! Status line and headers of a scripted answer.

use std::fmt::Write;

use super::script::{Framing, Response, Version};
use super::text::Words;
use super::wire::{Request, reason};

/// Readable to a page: what a client needs to honour.
const EXPOSED: &str = "Retry-After, SSE-Heartbeat, SSE-Resumed-From, Last-Event-ID, Location";

/// The head, with the defaults that the script neither replaced nor removed.
pub(crate) fn head(response: &Response, request: &Request, words: &Words) -> String {
    let version = match response.http {
        Version::V11 => "1.1",
        Version::V10 => "1.0",
    };
    let phrase = response
        .reason
        .as_deref()
        .unwrap_or(reason(response.status));
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
            put(&mut out, name, &words.fill(value));
        }
    }
    out + "\r\n"
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

/// These never have a body, and a chunked one would be read as the next answer.
pub(crate) fn has_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

/// The asking page may read the answer. Without an origin nobody needs these.
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

/// The usual answer to a preflight: whatever it asks for is allowed, and asked again next time,
/// so that every request of a test starts alike.
pub(crate) fn allow_everything(request: &Request) -> Response {
    let mut response = Response {
        status: 204,
        ..Response::default()
    };
    let asked = [
        (
            "access-control-request-method",
            "access-control-allow-methods",
        ),
        (
            "access-control-request-headers",
            "access-control-allow-headers",
        ),
    ];
    for (ask, allow) in asked {
        response
            .headers
            .insert(allow.to_owned(), request.header(ask));
    }
    response
        .headers
        .insert("access-control-max-age".to_owned(), Some("0".to_owned()));
    response
}

fn put(out: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{name}: {value}\r\n");
}
