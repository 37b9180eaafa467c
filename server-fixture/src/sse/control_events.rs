//! Events of one connection: `connected`, `gap` and `shutdown`. They have no id, because an id is
//! a position in the event log.

use bytes::{Bytes, BytesMut};

use crate::encode::{self, Event};
use crate::event_log::resume::Gap;

/// The types that a client may trust to come from the server. Types are case-sensitive.
const RESERVED_TYPES: [&str; 3] = ["gap", "shutdown", "connected"];

/// Returns whether publishers must not use this type.
pub(crate) fn is_reserved(event_type: &str) -> bool {
    RESERVED_TYPES.contains(&event_type)
}

/// Encodes the `gap` event. Without an id, the server sends it again if the connection fails before
/// the next event.
pub(super) fn gap_event(gap: &Gap) -> Bytes {
    control_event("gap", &serde_json::json!(gap).to_string())
}

/// Encodes an event without an id.
pub(super) fn control_event(event_type: &'static str, data: &str) -> Bytes {
    // Encoding fails only on an invalid id or type. There is no id, and the type is a literal.
    encode::encode(&Event {
        id: None,
        event_type,
        data,
    })
    .unwrap_or_default()
}

/// Encodes the `shutdown` event with a random reconnection time of one to five seconds, so that
/// clients do not reconnect at the same moment.
pub(crate) fn shutdown_event() -> Bytes {
    let retry = encode::retry(1000 + fastrand::u64(..4000));
    let shutdown = control_event("shutdown", "Server shutting down");
    concat([&retry, &shutdown].into_iter())
}

/// Joins encoded events. A single one is not copied, so that all subscribers share its bytes.
pub(super) fn concat<'a>(mut parts: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let Some(first) = parts.next() else {
        return Bytes::new();
    };
    let Some(second) = parts.next() else {
        return first.clone();
    };
    let mut out = BytesMut::from(&first[..]);
    out.extend_from_slice(second);
    parts.for_each(|part| out.extend_from_slice(part));
    out.freeze()
}
