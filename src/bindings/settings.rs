//! The options of a source, which the class in JavaScript reads, checks and passes as numbers.

use crate::connection::{Jitter, Millis, Policy, RedirectPolicy, Retry, RetryOn, SilenceLimit};

/// The index of each setting, in the order of `NUMBERS` in JavaScript. Times are in milliseconds, flags
/// are 0 or 1.
#[derive(Clone, Copy)]
enum Number {
    HasAuth,
    CanRefresh,
    RenewBefore,
    IsGet,
    IsFetchable,
    MayProbe,
    ConnectTimeout,
    /// 0 is automatic, infinity is never.
    HeartbeatTimeout,
    FollowsRedirects,
    IsSpec,
    InitialDelay,
    MaxDelay,
    Multiplier,
    HasJitter,
    MaxRetries,
    ResetAfter,
    /// 0 is always, 1 is after an error, 2 is never.
    RetryOn,
}

/// The numbers in the order of [`Number`].
pub(super) struct Settings<'a>(pub(super) &'a [f64]);

impl Settings<'_> {
    // One copy of the code, because it has many callers.
    #[inline(never)]
    fn number(&self, number: Number) -> f64 {
        self.0.get(number as usize).copied().unwrap_or_default()
    }

    fn is(&self, flag: Number) -> bool {
        self.number(flag) != 0.0
    }

    #[inline(never)]
    fn time(&self, number: Number) -> Millis {
        time(self.number(number))
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            retry: self.retry(),
            is_get: self.is(Number::IsGet),
            can_refresh: self.is(Number::HasAuth) && self.is(Number::CanRefresh),
            renew_before: self.time(Number::RenewBefore),
            connect_timeout: self.time(Number::ConnectTimeout),
            heartbeat_timeout: heartbeat(self.number(Number::HeartbeatTimeout)),
            redirect: match self.is(Number::FollowsRedirects) {
                true => RedirectPolicy::Follow,
                false => RedirectPolicy::SameOrigin,
            },
            is_fetchable: self.is(Number::IsFetchable),
            may_probe: self.is(Number::MayProbe),
        }
    }

    fn retry(&self) -> Retry {
        let is_spec = self.is(Number::IsSpec);
        let mut retry = if is_spec {
            Retry::spec()
        } else {
            Retry::default()
        };
        retry.initial_delay = self.time(Number::InitialDelay);
        retry.on = match self.number(Number::RetryOn) {
            0.0 => RetryOn::Always,
            1.0 => RetryOn::Error,
            _ => RetryOn::Never,
        };
        if !is_spec {
            retry.max_delay = self.time(Number::MaxDelay);
            retry.multiplier = self.number(Number::Multiplier).max(1.0);
            retry.max_retries = self.number(Number::MaxRetries) as u32;
            retry.reset_after = self.time(Number::ResetAfter);
            if !self.is(Number::HasJitter) {
                retry.jitter = Jitter::None;
            }
        }
        retry
    }
}

fn heartbeat(milliseconds: f64) -> SilenceLimit {
    match milliseconds {
        0.0 => SilenceLimit::Auto,
        finite if finite.is_finite() => SilenceLimit::After(time(finite)),
        _ => SilenceLimit::Never,
    }
}

/// A wait of at most one year.
#[inline(never)]
pub(super) fn time(milliseconds: f64) -> Millis {
    const YEAR: f64 = 365.0 * 86_400_000.0;
    moment(milliseconds.min(YEAR))
}

/// A moment as the time since 1970, which is longer than any wait.
#[inline(never)]
pub(super) fn moment(milliseconds: f64) -> Millis {
    Millis::new(milliseconds as u64)
}

pub(super) fn milliseconds(time: Millis) -> f64 {
    time.get() as f64
}
