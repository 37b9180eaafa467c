//! The retry policy: what is retried, and after which wait.

use core::time::Duration;

use super::Millis;

/// When to reconnect, and after which wait. `[NON-SPEC]` except for [`Retry::spec`].
///
/// The wait before retry *n* (1, 2, …) is uniformly random between `base` and
/// `max(base, min(max_delay, base × multiplier^n))`. `base` is the reconnection time: the
/// stream's `retry` field, otherwise `initial_delay`. The delay is never shorter than `base`,
/// because the server chose it. The first wait is random too, because a server that goes down
/// loses all of its clients at once. Without jitter the waits are 1 ×, 2 ×, 4 × `base`.
///
/// All times are rounded up to whole milliseconds.
///
/// ```
/// use authenticated_event_source::connection::Retry;
/// use std::time::Duration;
///
/// let retry = Retry::default()
///     .initial_delay(Duration::from_secs(1))
///     .max_delay(Duration::from_secs(10))
///     .max_retries(5);
/// # let _ = retry;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    pub(crate) initial_delay: Millis,
    pub(crate) max_delay: Millis,
    pub(crate) multiplier: f64,
    pub(crate) jitter: Jitter,
    pub(crate) max_retries: u32,
    pub(crate) reset_after: Millis,
    pub(crate) on: RetryOn,
    pub(crate) is_spec: bool,
}

/// How the wait is chosen from its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// Uniformly random over the whole range.
    #[default]
    Full,
    /// Not random: `base × multiplier^(n − 1)`, at most `max_delay`.
    None,
}

/// What is retried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryOn {
    /// Failures that may pass, and streams that the server ended. The default for `GET`.
    #[default]
    Always,
    /// Failures that may pass. A stream that the server ended is not reopened.
    Error,
    /// Nothing. The default for all methods except `GET`: a request that is sent twice may act
    /// twice.
    Never,
}

impl Default for Retry {
    /// Starts at 3 s and doubles up to 30 s, with full jitter and no limit of retries. The count
    /// of retries restarts after an event, or after a stream of 5 s.
    fn default() -> Self {
        Self {
            initial_delay: Millis::from_secs(3),
            max_delay: Millis::from_secs(30),
            multiplier: 2.0,
            jitter: Jitter::Full,
            max_retries: u32::MAX,
            reset_after: Millis::from_secs(5),
            on: RetryOn::Always,
            is_spec: false,
        }
    }
}

impl Retry {
    /// The shortest reconnection time that a stream can set: 100 ms, also with
    /// [`spec`](Self::spec). `retry: 0` would be a tight loop.
    pub const MIN_RECONNECTION_TIME: Duration = Duration::from_millis(100);
    /// The longest reconnection time that a stream can set: one hour. [`spec`](Self::spec) has no
    /// such limit.
    pub const MAX_RECONNECTION_TIME: Duration = Duration::from_secs(3600);

    /// The policy of browsers: each wait is the reconnection time, and each response with a
    /// status other than 200 is final ([WHATWG HTML §9.2.3]).
    ///
    /// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
    pub fn spec() -> Self {
        Self {
            is_spec: true,
            jitter: Jitter::None,
            multiplier: 1.0,
            ..Self::default()
        }
    }

    /// The policy that never reconnects.
    pub fn never() -> Self {
        Self::default().on(RetryOn::Never)
    }

    /// Sets the reconnection time until the stream sets another, at least 1 ms. Default 3 s.
    #[must_use]
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        // A multiplied zero would stay zero.
        self.initial_delay = Millis::from(delay).max(Millis::new(1));
        self
    }

    /// Sets the longest wait, unless the reconnection time is longer. Default 30 s.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay.into();
        self
    }

    /// Sets the factor by which the range grows with each retry. A factor below 1 counts as 1. With a
    /// negative factor or NaN, `open` returns an error. Default 2.
    #[must_use]
    pub fn multiplier(mut self, multiplier: f64) -> Self {
        let is_legal = multiplier >= 0.0;
        self.multiplier = if is_legal {
            multiplier.max(1.0)
        } else {
            multiplier
        };
        self
    }

    /// Sets how the wait is chosen from its range. Default [`Jitter::Full`].
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Sets how many retries in a row may fail. Default: no limit.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets how long a stream without events must last until the count of retries restarts.
    /// Default 5 s.
    #[must_use]
    pub fn reset_after(mut self, time: Duration) -> Self {
        self.reset_after = time.into();
        self
    }

    /// Sets what is retried. Default [`RetryOn::Always`].
    #[must_use]
    pub fn on(mut self, on: RetryOn) -> Self {
        self.on = on;
        self
    }

    /// The reconnection time that a stream's `retry` field results in.
    pub(super) fn bounded(&self, time: Millis) -> Millis {
        let longest = match self.is_spec {
            true => Millis::MAX,
            false => Self::MAX_RECONNECTION_TIME.into(),
        };
        time.clamp(Self::MIN_RECONNECTION_TIME.into(), longest)
    }

    /// The wait before retry number `retry` (from 1). `random` is uniformly random in `[0, 1)`.
    #[doc(hidden)]
    pub fn wait(&self, base: Millis, retry: u32, random: f64) -> Millis {
        let (growths, part) = match self.jitter {
            Jitter::Full => (retry, random),
            Jitter::None => (retry.saturating_sub(1), 1.0),
        };
        let shortest = base.get() as f64;
        let mut longest = shortest;
        for _ in 0..growths.min(1_000) {
            longest *= self.multiplier;
        }
        let longest = longest.min(self.max_delay.get() as f64);
        let spread = (longest - shortest).max(0.0);
        // The cast saturates: a caller may set `Duration::MAX` and mean "no limit".
        base.saturating_add(Millis::new((spread * part) as u64))
    }
}
