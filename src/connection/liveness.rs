use core::time::Duration;

/// When a silent connection counts as dead. Every byte is a sign of life, comments too.
/// `[NON-SPEC]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeartbeatTimeout {
    /// After three times the longest pause seen, at least 10 s, once the stream has shown a
    /// rhythm. A stream without a rhythm may be silent for ever: a fixed default would cut quiet
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
            beats: 0,
            keep_alives: 0,
            longest: Duration::ZERO,
            shortest: Duration::MAX,
        }
    }

    /// A connection opened.
    pub fn opened(&mut self, now: Duration) {
        self.last_sign = now;
    }

    /// Bytes came; `has_comment` if they held one.
    pub fn sign(&mut self, now: Duration, has_comment: bool) {
        let pause = now.saturating_sub(self.last_sign);
        self.last_sign = now;
        if pause >= BURST {
            self.beats += 1;
            self.keep_alives += u32::from(has_comment);
            self.longest = self.longest.max(pause);
            self.shortest = self.shortest.min(pause);
        }
    }

    /// The connection was given up. If that was wrong, the same pause must not fool us again.
    pub fn stalled(&mut self, now: Duration) {
        self.longest = self.longest.max(now.saturating_sub(self.last_sign));
        self.shortest = self.shortest.max(self.longest / REGULARITY);
    }

    /// When the connection counts as dead, if nothing comes until then.
    pub fn deadline(&self) -> Option<Duration> {
        let timeout = match self.timeout {
            HeartbeatTimeout::Never => return None,
            HeartbeatTimeout::After(timeout) => timeout,
            HeartbeatTimeout::Auto if self.has_rhythm() => {
                self.longest.saturating_mul(3).max(SHORTEST_AUTO)
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
