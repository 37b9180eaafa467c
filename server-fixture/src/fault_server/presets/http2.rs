//! The HTTP/2 faults by name, at `/fault/h2/<name>`.

use h2::Reason;

use crate::fault_server::script::{Response, Script};

/// A fault that only HTTP/2 can have. `fault_server::http2` plays it.
#[derive(Clone, Copy)]
pub(in crate::fault_server) enum Http2Fault {
    Reset(Reason),
    GoAway,
    ZeroWindow,
    Silent,
    Works,
}

/// Returns the fault called `name`.
pub(in crate::fault_server) fn find_http2(name: &str) -> Option<Http2Fault> {
    Some(match name {
        "cancel" => Http2Fault::Reset(Reason::CANCEL),
        "refused" => Http2Fault::Reset(Reason::REFUSED_STREAM),
        "internal" => Http2Fault::Reset(Reason::INTERNAL_ERROR),
        "no-error" => Http2Fault::Reset(Reason::NO_ERROR),
        "goaway" => Http2Fault::GoAway,
        "zero-window" => Http2Fault::ZeroWindow,
        "silent" => Http2Fault::Silent,
        "works" => Http2Fault::Works,
        _ => return None,
    })
}

/// Returns the script for HTTP/1.1 requests to an HTTP/2 fault: 505.
pub(in crate::fault_server) fn http_version_not_supported() -> Script {
    let response = Response {
        status: 505,
        ..Response::default()
    };
    Script {
        responses: vec![response],
        ..Script::default()
    }
}
