//! When a silent stream counts as dead.

use core::time::Duration;

use super::{Millis, Reason};

/// When a silent connection counts as dead. Every byte counts as activity, also the bytes of
/// comments. `[NON-SPEC]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeartbeatTimeout {
    /// Three times the longest pause seen, at least 10 s. It applies once the stream has shown a
    /// regular heartbeat, or if the response has a header `SSE-Heartbeat`. A stream without a
    /// heartbeat may be silent forever: a fixed default would cut healthy streams with few events.
    #[default]
    Auto,
    /// This long, rounded up to whole milliseconds.
    After(Duration),
    /// Never.
    Never,
}

/// [`HeartbeatTimeout`] in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceLimit {
    /// [`HeartbeatTimeout::Auto`]
    Auto,
    /// [`HeartbeatTimeout::After`]
    After(Millis),
    /// [`HeartbeatTimeout::Never`]
    Never,
}

impl From<HeartbeatTimeout> for SilenceLimit {
    fn from(timeout: HeartbeatTimeout) -> Self {
        match timeout {
            HeartbeatTimeout::Auto => Self::Auto,
            HeartbeatTimeout::After(time) => Self::After(time.into()),
            HeartbeatTimeout::Never => Self::Never,
        }
    }
}

/// Measures the pauses of a stream, and derives the time at which it counts as dead. It outlives a
/// connection, because the heartbeat interval belongs to the server.
#[derive(Debug)]
pub struct Liveness {
    limit: SilenceLimit,
    last_bytes_at: Millis,
    /// Whether this connection has delivered any bytes.
    has_bytes: bool,
    /// The longest pause according to the response's `SSE-Heartbeat`.
    heartbeat_interval: Option<Millis>,
    /// How many pauses were measured.
    intervals: u32,
    /// How many of them ended with a comment.
    keep_alives: u32,
    longest: Millis,
    shortest: Millis,
}

/// A shorter pause is not measured: the chunks of one burst are no heartbeat.
const MIN_INTERVAL: Millis = Millis::new(500);
/// This many intervals are a heartbeat…
const MIN_INTERVALS: u32 = 3;
/// …if the longest is at most this many times the shortest.
const MAX_RATIO: u64 = 3;
/// This many comments after a pause are a heartbeat, too: the server sends comments as keep-alives.
const MIN_KEEP_ALIVES: u32 = 2;
const SHORTEST_AUTO: Millis = Millis::from_secs(10);

impl Liveness {
    /// The state before the first connection.
    pub fn new(limit: SilenceLimit) -> Self {
        Self {
            limit,
            last_bytes_at: Millis::ZERO,
            has_bytes: false,
            heartbeat_interval: None,
            intervals: 0,
            keep_alives: 0,
            longest: Millis::ZERO,
            shortest: Millis::MAX,
        }
    }

    /// Records that a connection opened. `heartbeat_interval` is the value of `SSE-Heartbeat`, the
    /// longest pause of this stream. With it, a stream that never begins is detected, too.
    pub fn on_open(&mut self, now: Millis, heartbeat_interval: Option<Millis>) {
        self.last_bytes_at = now;
        self.has_bytes = false;
        self.heartbeat_interval = heartbeat_interval;
    }

    /// Records bytes, which are delivered by `now`. `has_comment` if they contained a comment. The
    /// time that the delivery took is not part of the server's pause.
    pub fn on_bytes(&mut self, arrived: Millis, now: Millis, has_comment: bool) {
        let pause = arrived.saturating_sub(self.last_bytes_at);
        self.last_bytes_at = now;
        self.has_bytes = true;
        if pause >= MIN_INTERVAL {
            self.intervals += 1;
            self.keep_alives += u32::from(has_comment);
            self.longest = self.longest.max(pause);
            self.shortest = self.shortest.min(pause);
        }
    }

    /// Records that the deadline has passed, and returns the reason of the failure. The pause is
    /// learned: if the stream was alive, the same pause does not end it again.
    pub fn on_deadline(&mut self, now: Millis) -> Reason {
        let pause = now.saturating_sub(self.last_bytes_at);
        self.longest = self.longest.max(pause);
        self.shortest = self.shortest.max(self.longest.divided_by(MAX_RATIO));
        match self.has_bytes {
            true => Reason::Stalled,
            false => Reason::Mute,
        }
    }

    /// The time at which the connection counts as dead unless bytes arrive.
    pub fn deadline(&self) -> Option<Millis> {
        let limit = match self.limit {
            SilenceLimit::Never => return None,
            SilenceLimit::After(time) => time,
            SilenceLimit::Auto if self.has_heartbeat() => {
                let longest = self
                    .longest
                    .max(self.heartbeat_interval.unwrap_or_default());
                longest.saturating_mul(3).max(SHORTEST_AUTO)
            }
            SilenceLimit::Auto => return None,
        };
        Some(self.last_bytes_at.saturating_add(limit))
    }

    /// Whether the response announced a heartbeat, or the stream has shown one.
    fn has_heartbeat(&self) -> bool {
        let is_regular = self.longest <= self.shortest.saturating_mul(MAX_RATIO);
        self.heartbeat_interval.is_some()
            || self.keep_alives >= MIN_KEEP_ALIVES
            || (self.intervals >= MIN_INTERVALS && is_regular)
    }
}
