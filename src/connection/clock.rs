//! The time of one source.

use super::Millis;

/// Wall time that passes faster than the time of the source, by more than this, is a jump: the
/// machine slept, or its clock was set. Timers fire at least this often.
const JUMP: Millis = Millis::from_secs(5);

/// The time of one source, for its waits and deadlines. It is derived from the monotonic clock of
/// the platform ([`performance.now()`][now]), because wall time can be set, frozen or faked.
///
/// - It never goes back.
/// - A timer that has fired is due, whatever a clock shows. A test with fake timers may advance the
///   timers and no clock.
/// - Wall time only serves to detect that the machine slept, because the monotonic clock of some
///   platforms stops meanwhile.
///
/// [now]: https://w3c.github.io/hr-time/#dom-performance-now
#[derive(Debug, Default)]
pub struct Clock {
    now: Millis,
    /// The latest reading, and the time of the source at that reading.
    latest: Option<Reading>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    monotonic: Millis,
    unix: Millis,
    now: Millis,
}

impl Clock {
    /// Reads both clocks. Returns the time of the source, and whether wall time jumped forward since
    /// the latest reading. `monotonic` and `unix` may have any epoch.
    pub fn read(&mut self, monotonic: Millis, unix: Millis) -> (Millis, bool) {
        let mut has_jumped = false;
        if let Some(latest) = self.latest {
            let elapsed = monotonic.saturating_sub(latest.monotonic);
            self.now = self.now.max(latest.now.saturating_add(elapsed));
            let passed = self.now.saturating_sub(latest.now);
            has_jumped = unix.saturating_sub(latest.unix) > passed.saturating_add(JUMP);
        }
        self.latest = Some(Reading {
            monotonic,
            unix,
            now: self.now,
        });
        (self.now, has_jumped)
    }

    /// Records that a timer has fired that was due at this time of the source.
    pub fn on_timer(&mut self, due: Millis) {
        self.now = self.now.max(due);
    }
}
