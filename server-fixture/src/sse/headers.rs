//! The response headers of event streams that no standard defines.

use axum::http::HeaderName;

/// The position after which the stream continues: a cursor, or `earliest` after a gap.
pub(crate) const SSE_RESUMED_FROM: HeaderName = HeaderName::from_static("sse-resumed-from");

/// The longest silence of the stream, in seconds. A client can thus detect that a proxy buffers
/// the stream.
pub(crate) const SSE_HEARTBEAT: HeaderName = HeaderName::from_static("sse-heartbeat");
