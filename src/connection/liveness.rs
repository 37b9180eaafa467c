//! When a silent stream counts as dead.

use core::time::Duration;

use super::{Millis, Reason};

/// When a silent connection counts as dead. Every byte counts as activity, also the bytes of
/// comments. `[NON-SPEC]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeartbeatTimeout {
    /// Three times the longest heartbeat interval, at least 10 s. It applies to `GET` only, and
    /// only once a heartbeat is known: from the response header `SSE-Heartbeat` (in seconds), or from two
    /// comments that each ended at least 1 s of silence. Events are no heartbeat: a stream may be
    /// silent forever after any number of them.
    #[default]
    Auto,
    /// This long, above zero, for every method. Rounded up to whole milliseconds. With zero, `open` returns
    /// an error.
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

/// Measures the heartbeat of a stream, and derives the time at which it counts as dead. It outlives
/// a connection, because the heartbeat interval belongs to the server.
#[derive(Debug)]
pub struct Liveness {
    limit: SilenceLimit,
    last_bytes_at: Millis,
    /// Whether this connection has delivered any bytes.
    has_bytes: bool,
    /// The longest pause according to the response's `SSE-Heartbeat`.
    heartbeat_interval: Option<Millis>,
    /// How many comments ended a silence.
    heartbeats: u32,
    /// The longest silence that a comment ended, or that was mistaken for the end of the stream.
    longest: Millis,
    /// The deadline that replaces the usual one after a clock jump, until bytes arrive.
    suspected_until: Option<Millis>,
}

/// A comment after a shorter silence may belong to an event.
const SHORTEST_SILENCE: Millis = Millis::from_secs(1);
/// This many comments after a silence are a heartbeat.
const MIN_HEARTBEATS: u32 = 2;
const SHORTEST_AUTO: Millis = Millis::from_secs(10);
/// A deadline that is noticed later than this was not noticed by its timer: the page was frozen,
/// the machine slept, or the clock jumped.
const LATE: Millis = Millis::from_secs(1);

impl Liveness {
    /// The state before the first connection.
    pub fn new(limit: SilenceLimit) -> Self {
        Self {
            limit,
            last_bytes_at: Millis::ZERO,
            has_bytes: false,
            heartbeat_interval: None,
            heartbeats: 0,
            longest: Millis::ZERO,
            suspected_until: None,
        }
    }

    /// Records that a connection opened. `heartbeat_interval` is the value of `SSE-Heartbeat`, the
    /// longest pause of this stream. With it, a stream that never begins is detected, too.
    pub fn on_open(&mut self, now: Millis, heartbeat_interval: Option<Millis>) {
        self.last_bytes_at = now;
        self.has_bytes = false;
        self.heartbeat_interval = heartbeat_interval;
        self.suspected_until = None;
    }

    /// Records bytes, which are delivered by `now`. The time that the delivery took is not part of
    /// the server's pause. `is_comment` if the bytes begin with a comment.
    pub fn on_bytes(&mut self, arrived: Millis, now: Millis, is_comment: bool) {
        let silence = arrived.saturating_sub(self.last_bytes_at);
        self.last_bytes_at = now;
        self.has_bytes = true;
        self.suspected_until = None;
        if is_comment && silence >= SHORTEST_SILENCE {
            self.heartbeats = self.heartbeats.saturating_add(1);
            self.longest = self.longest.max(silence);
        }
    }

    /// The time since the last bytes, or since the connection opened.
    pub fn silence(&self, now: Millis) -> Millis {
        now.saturating_sub(self.last_bytes_at)
    }

    /// Records that the clock jumped forward: the machine may have slept, and the connection may have
    /// died meanwhile, or only the clock was set. The stream must show activity soon. A healthy stream
    /// does, because half of the automatic limit is longer than its heartbeat interval.
    pub fn suspect(&mut self, now: Millis) {
        let grace = self.grace().map(|grace| now.saturating_add(grace));
        self.suspected_until = self.deadline().min(grace);
    }

    fn grace(&self) -> Option<Millis> {
        let limit = self.limit()?;
        Some(match self.limit {
            SilenceLimit::Auto => limit.divided_by(2),
            _ => limit,
        })
    }

    /// Decides about a silent stream whose deadline has passed: returns the reason of the failure,
    /// or `None` if the stream gets a grace period. It gets one if the deadline was noticed late,
    /// because its bytes may still be waiting to be read.
    pub fn on_deadline(&mut self, now: Millis) -> Option<Reason> {
        let is_late = self
            .deadline()
            .is_some_and(|at| now > at.saturating_add(LATE));
        if is_late && self.suspected_until.is_none() {
            self.suspected_until = self.grace().map(|grace| now.saturating_add(grace));
            return None;
        }
        // If the stream was alive, the same silence must not end it again.
        self.longest = self.longest.max(self.silence(now));
        Some(match self.has_bytes {
            true => Reason::Stalled,
            false => Reason::Mute,
        })
    }

    /// The time at which the connection counts as dead unless bytes arrive.
    pub fn deadline(&self) -> Option<Millis> {
        let limit = self.limit()?;
        let usual = self.last_bytes_at.saturating_add(limit);
        Some(self.suspected_until.unwrap_or(usual))
    }

    /// How long the stream may be silent.
    fn limit(&self) -> Option<Millis> {
        match self.limit {
            SilenceLimit::Never => None,
            SilenceLimit::After(time) => Some(time),
            SilenceLimit::Auto => self.has_heartbeat().then(|| {
                let announced = self.heartbeat_interval.unwrap_or_default();
                let longest = self.longest.max(announced);
                longest.saturating_mul(3).max(SHORTEST_AUTO)
            }),
        }
    }

    /// Whether the response announced a heartbeat, or the stream has shown one.
    fn has_heartbeat(&self) -> bool {
        self.heartbeat_interval.is_some() || self.heartbeats >= MIN_HEARTBEATS
    }
}
