//! The options of a source, which the class in JavaScript reads, checks and passes as numbers.

use super::protocol::Setting;
use crate::connection::{Jitter, Millis, Policy, RedirectPolicy, Retry, RetryOn, SilenceLimit};

/// The numbers in the order of [`Setting`].
pub(super) struct Settings<'a>(pub(super) &'a [f64]);

impl Settings<'_> {
    // One copy of the code, because it has many callers.
    #[inline(never)]
    fn number(&self, number: Setting) -> f64 {
        self.0.get(number as usize).copied().unwrap_or_default()
    }

    fn is(&self, flag: Setting) -> bool {
        self.number(flag) != 0.0
    }

    #[inline(never)]
    fn time(&self, number: Setting) -> Millis {
        time(self.number(number))
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            retry: self.retry(),
            is_get: self.is(Setting::IsGet),
            can_refresh: self.is(Setting::HasAuth) && self.is(Setting::CanRefresh),
            renew_before: self.time(Setting::RenewBefore),
            connect_timeout: self.time(Setting::ConnectTimeout),
            heartbeat_timeout: heartbeat(self.number(Setting::HeartbeatTimeout)),
            redirect: match self.is(Setting::FollowsRedirects) {
                true => RedirectPolicy::Follow,
                false => RedirectPolicy::SameOrigin,
            },
            is_fetchable: self.is(Setting::IsFetchable),
            may_probe: self.is(Setting::MayProbe),
        }
    }

    fn retry(&self) -> Retry {
        let is_spec = self.is(Setting::IsSpec);
        let mut retry = if is_spec {
            Retry::spec()
        } else {
            Retry::default()
        };
        retry.initial_delay = self.time(Setting::InitialDelay);
        retry.on = match self.number(Setting::RetryOn) {
            0.0 => RetryOn::Always,
            1.0 => RetryOn::Error,
            _ => RetryOn::Never,
        };
        if !is_spec {
            retry.max_delay = self.time(Setting::MaxDelay);
            retry.multiplier = self.number(Setting::Multiplier).max(1.0);
            retry.max_retries = self.number(Setting::MaxRetries) as u32;
            retry.reset_after = self.time(Setting::ResetAfter);
            if !self.is(Setting::HasJitter) {
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
