use super::Reason;
use crate::duration::Duration;

/// When a silent connection counts as dead. Every byte is a sign of life, comments too.
/// `[NON-SPEC]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeartbeatTimeout {
    /// After three times the longest pause seen, at least 10 s, once the stream has shown a
    /// rhythm or the response has announced one ([`Liveness::announced`]). A stream without a rhythm may be silent for ever: a fixed default would cut quiet
    /// but healthy streams.
    #[default]
    Auto,
    /// After this long.
    After(Duration),
    /// Never.
    Never,
}

/// Listens for signs of life. Outlives a connection, because the rhythm is the server's.
#[derive(Debug)]
pub struct Liveness {
    timeout: HeartbeatTimeout,
    last_sign: Duration,
    /// Whether this connection has said anything.
    has_sign: bool,
    /// The longest pause that the response says there will be.
    announced: Option<Duration>,
    beats: u32,
    keep_alives: u32,
    longest: Duration,
    shortest: Duration,
}

/// Bytes that come closer together are one beat: the pieces of a burst say nothing of a rhythm.
const BURST: Duration = Duration::from_millis(500);
/// As many beats make a rhythm…
const RHYTHM: u32 = 3;
/// …if the longest pause is at most this many times the shortest.
const REGULARITY: u32 = 3;
/// As many comments after a pause make a rhythm, too: the server sends them to be heard.
const KEEP_ALIVES: u32 = 2;
const SHORTEST_AUTO: Duration = Duration::from_secs(10);

impl Liveness {
    /// Has heard nothing yet.
    pub fn new(timeout: HeartbeatTimeout) -> Self {
        Self {
            timeout,
            last_sign: Duration::ZERO,
            has_sign: false,
            announced: None,
            beats: 0,
            keep_alives: 0,
            longest: Duration::ZERO,
            shortest: Duration::MAX,
        }
    }

    /// A connection opened.
    pub fn opened(&mut self, now: Duration) {
        self.last_sign = now;
        self.has_sign = false;
    }

    /// The response says in `SSE-Heartbeat` how many seconds its stream is silent at most: the watch
    /// need not learn it, and finds out a stream that never begins.
    pub fn announced(&mut self, rhythm: Option<Duration>) {
        self.announced = rhythm;
    }

    /// Bytes came; `has_comment` if they held one. They are delivered by now, and whatever that took
    /// is no pause of the server's.
    pub fn sign(&mut self, arrived: Duration, now: Duration, has_comment: bool) {
        let pause = arrived.saturating_sub(self.last_sign);
        self.last_sign = now;
        self.has_sign = true;
        if pause >= BURST {
            self.beats += 1;
            self.keep_alives += u32::from(has_comment);
            self.longest = self.longest.max(pause);
            self.shortest = self.shortest.min(pause);
        }
    }

    /// The connection was given up, and why. If that was wrong, the same pause must not fool us
    /// again.
    pub fn stalled(&mut self, now: Duration) -> Reason {
        self.longest = self.longest.max(now.saturating_sub(self.last_sign));
        self.shortest = self.shortest.max(self.longest / REGULARITY);
        match self.has_sign {
            true => Reason::Stalled,
            false => Reason::Mute,
        }
    }

    /// When the connection counts as dead, if nothing comes until then.
    pub fn deadline(&self) -> Option<Duration> {
        let timeout = match self.timeout {
            HeartbeatTimeout::Never => return None,
            HeartbeatTimeout::After(timeout) => timeout,
            HeartbeatTimeout::Auto if self.has_rhythm() || self.announced.is_some() => {
                let longest = self.longest.max(self.announced.unwrap_or_default());
                longest.saturating_mul(3).max(SHORTEST_AUTO)
            }
            HeartbeatTimeout::Auto => return None,
        };
        Some(self.last_sign.saturating_add(timeout))
    }

    fn has_rhythm(&self) -> bool {
        let is_regular = self.longest <= self.shortest.saturating_mul(REGULARITY);
        self.keep_alives >= KEEP_ALIVES || (self.beats >= RHYTHM && is_regular)
    }
}
