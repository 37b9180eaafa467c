//! What a stream says beside the events of the log. None of it has an id: ids belong to the log.

use bytes::{Bytes, BytesMut};

use crate::frame::{self, Event};
use crate::resume::Gap;

/// The `gap` event. It has no id, so that it is told again if the link drops before the next one.
pub(crate) fn gap_frame(gap: &Gap) -> Bytes {
    event("gap", &serde_json::json!(gap).to_string())
}

/// An event of this connection alone: without an id, because ids belong to the log.
pub(crate) fn event(event_type: &'static str, data: &str) -> Bytes {
    // The only errors are a bad id and a bad type, and the type is a literal of this program.
    frame::encode(&Event {
        id: None,
        event_type,
        data,
    })
    .unwrap_or_default()
}

/// Tells clients to come back, each at another moment within four seconds.
pub(crate) fn farewell() -> Bytes {
    let retry = frame::retry(1000 + fastrand::u64(..4000));
    let shutdown = event("shutdown", "Server shutting down");
    concat([&retry, &shutdown].into_iter())
}

/// One frame is passed on as it is: all subscribers share its bytes.
pub(crate) fn concat<'a>(mut parts: impl Iterator<Item = &'a Bytes>) -> Bytes {
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
