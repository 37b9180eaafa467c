use crate::duration::Duration;

/// When to reconnect, and after which wait. `[NON-SPEC]` except for [`Retry::spec`].
///
/// The wait before retry *n* (1, 2, …) is uniformly random between `base` and
/// `max(base, min(max_delay, base × multiplier^n))`. `base` is the reconnection time: the
/// stream's `retry` field, else `initial_delay`. It is never undercut, because the server chose
/// it; and already the first wait is spread, because all clients lose a server at once.
///
/// ```
/// use authenticated_event_source::connection::Retry;
/// use std::time::Duration;
///
/// let retry = Retry::default().max_delay(Duration::from_secs(10)).max_retries(5);
/// let base = Duration::from_secs(3);
/// assert_eq!(retry.wait(base, 1, 0.0), base);
/// assert_eq!(retry.wait(base, 9, 1.0), Duration::from_secs(10));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    pub(crate) initial_delay: Duration,
    pub(crate) max_delay: Duration,
    pub(crate) multiplier: f64,
    pub(crate) jitter: Jitter,
    pub(crate) max_retries: u32,
    pub(crate) reset_after: Duration,
    pub(crate) on: RetryOn,
    pub(crate) is_spec: bool,
}

/// How the wait is spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Uniformly random over the whole range.
    #[default]
    Full,
    /// Always the longest wait of the range.
    None,
}

/// What is retried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryOn {
    /// Failures that may pass, and streams that the server ended. The default for GET.
    #[default]
    Always,
    /// Failures that may pass; a stream that the server ended is over.
    Error,
    /// Nothing. The default for all methods but GET: a request that is sent twice may act twice.
    Never,
}

impl Default for Retry {
    /// 3 s, doubled up to 30 s, full jitter, without end; a stream that lived 5 s, or brought an
    /// event, starts the count anew.
    fn default() -> Self {
        Self {
            initial_delay: Duration::from_secs(3),
            max_delay: Duration::from_secs(30),
            multiplier: 2.0,
            jitter: Jitter::Full,
            max_retries: u32::MAX,
            reset_after: Duration::from_secs(5),
            on: RetryOn::Always,
            is_spec: false,
        }
    }
}

impl Retry {
    /// The shortest reconnection time that a stream can set: 100 ms. `retry: 0` would be a tight
    /// loop.
    pub const MIN_RECONNECTION_TIME: Duration = Duration::from_millis(100);
    /// The longest reconnection time that a stream can set: one hour.
    pub const MAX_RECONNECTION_TIME: Duration = Duration::from_secs(3600);

    /// Exactly what browsers do: every response but 200 is final, every wait is the reconnection
    /// time.
    pub fn spec() -> Self {
        Self {
            is_spec: true,
            jitter: Jitter::None,
            multiplier: 1.0,
            ..Self::default()
        }
    }

    /// Never reconnects.
    pub fn never() -> Self {
        Self::default().on(RetryOn::Never)
    }

    /// The reconnection time until the stream sets another. Default 3 s.
    #[must_use]
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// The longest wait, unless the reconnection time is longer. Default 30 s.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// By how much the range grows with each retry; at least 1. Default 2.
    #[must_use]
    pub fn multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier.max(1.0);
        self
    }

    /// How the wait is spread. Default [`Jitter::Full`].
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// How many retries in a row may fail. Default: without end.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// How long a stream without events must live before it counts as healthy and the retries
    /// are counted anew. Default 5 s.
    #[must_use]
    pub fn reset_after(mut self, time: Duration) -> Self {
        self.reset_after = time;
        self
    }

    /// What is retried. Default [`RetryOn::Always`].
    #[must_use]
    pub fn on(mut self, on: RetryOn) -> Self {
        self.on = on;
        self
    }

    /// What a stream's `retry` field makes the reconnection time.
    pub(super) fn bounded(&self, time: Duration) -> Duration {
        if self.is_spec {
            return time;
        }
        time.clamp(Self::MIN_RECONNECTION_TIME, Self::MAX_RECONNECTION_TIME)
    }

    /// The wait before retry number `retry` (from 1), where `random` is uniformly random in
    /// `[0, 1)`.
    pub fn wait(&self, base: Duration, retry: u32, random: f64) -> Duration {
        let mut longest = base.as_secs_f64();
        for _ in 0..retry.min(1_000) {
            longest *= self.multiplier;
        }
        let longest = longest.min(self.max_delay.as_secs_f64());
        let spread = (longest - base.as_secs_f64()).max(0.0);
        let part = match self.jitter {
            Jitter::Full => random,
            Jitter::None => 1.0,
        };
        // A caller may say `Duration::MAX` and mean "without end": it must not panic.
        // Not by `from_secs_f64`, which is more code; the cast saturates at 584 years.
        let extra = Duration::from_nanos((spread * part * 1e9) as u64);
        base.saturating_add(extra)
    }
}
