//! Faults of one open stream. Demo mode requests them.

use std::time::Duration;

use futures_util::stream::BoxStream;

/// A fault of one open stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamFault {
    /// Fails the body, so that the client sees a broken connection.
    Break,
    /// Sends nothing for this time, not even heartbeats.
    Silence(Duration),
}

/// The faults of one open stream, at the times when they begin.
pub(crate) type StreamFaults = BoxStream<'static, StreamFault>;
