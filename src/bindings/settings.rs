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

    /// Infinity becomes one year.
    #[inline(never)]
    fn time(&self, number: Setting) -> Millis {
        within_a_year(self.number(number))
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            retry: self.retry(),
            is_get: self.is(Setting::IsGet),
            retries_rejection: self.is(Setting::RetriesRejection),
            can_renew: self.is(Setting::CanRenew),
            renew_before: self.time(Setting::RenewBefore),
            connect_timeout: match self.number(Setting::ConnectTimeout) {
                f64::INFINITY => Millis::MAX,
                limit => within_a_year(limit),
            },
            heartbeat_timeout: heartbeat(self.number(Setting::HeartbeatTimeout)),
            redirect: match self.is(Setting::FollowsRedirects) {
                true => RedirectPolicy::Follow,
                false => RedirectPolicy::SameOrigin,
            },
            is_fetchable: self.is(Setting::IsFetchable),
            is_mixed_content: self.is(Setting::IsMixedContent),
            is_isolated: self.is(Setting::IsIsolated),
            sends_id_as_param: self.is(Setting::SendsIdAsParam),
            may_probe: self.is(Setting::MayProbe),
        }
    }

    fn retry(&self) -> Retry {
        Retry {
            initial_delay: self.time(Setting::InitialDelay),
            max_delay: self.time(Setting::MaxDelay),
            multiplier: self.number(Setting::Multiplier).max(1.0),
            jitter: match self.is(Setting::HasJitter) {
                true => Jitter::Full,
                false => Jitter::None,
            },
            max_retries: self.number(Setting::MaxRetries) as u32,
            reset_after: self.time(Setting::ResetAfter),
            on: match self.number(Setting::RetryOn) {
                0.0 => RetryOn::Always,
                1.0 => RetryOn::Error,
                _ => RetryOn::Never,
            },
            is_spec: self.is(Setting::IsSpec),
        }
    }
}

fn heartbeat(milliseconds: f64) -> SilenceLimit {
    match milliseconds {
        0.0 => SilenceLimit::Auto,
        finite if finite.is_finite() => SilenceLimit::After(within_a_year(finite)),
        _ => SilenceLimit::Never,
    }
}

/// A wait of at most one year. It turns infinity into one year: if infinity means *never*, compare with
/// it first.
#[inline(never)]
pub(super) fn within_a_year(milliseconds: f64) -> Millis {
    const YEAR: f64 = 365.0 * 86_400_000.0;
    moment(milliseconds.min(YEAR))
}

/// A moment in milliseconds: of the source's clock, or since 1970. It is not limited to a year, unlike a wait.
#[inline(never)]
pub(super) fn moment(milliseconds: f64) -> Millis {
    Millis::new(milliseconds as u64)
}

pub(super) fn milliseconds(time: Millis) -> f64 {
    time.get() as f64
}
