//! When the token of an open stream is renewed. `[NON-SPEC]`

use super::{Cause, Lifecycle, Millis};

/// How long before its expiry a token is renewed by default: 30 s.
pub const DEFAULT_RENEW_BEFORE: Millis = Millis::from_secs(30);

/// A token that was just renewed is used at least this long: 1 s.
const SHORTEST_RENEWAL: Millis = Millis::from_secs(1);

/// How long to use a token until the source reconnects with a fresh one. `expires_at` and
/// `unix_now` are times since 1970.
///
/// A token with less than twice `renew_before` to live is renewed no earlier than at half of its
/// remaining life. Otherwise each connection would end as soon as it opens.
///
/// Returns `None` for a token that has expired. Then one of the two clocks is wrong, and the
/// server decides.
pub fn renew_in(expires_at: Millis, unix_now: Millis, renew_before: Millis) -> Option<Millis> {
    let life = expires_at.saturating_sub(unix_now);
    (life > Millis::ZERO).then(|| life.saturating_sub(renew_before).max(life.divided_by(2)))
}

impl Lifecycle {
    /// The time at which the open stream is left for a fresh token. A stream without an ID cannot
    /// be resumed, so that it is never left for a renewal.
    pub(super) fn renewal(&self) -> Option<Millis> {
        self.renew_at.filter(|_| self.can_resume())
    }

    /// The time at which to reconnect with a fresh token. `is_same_token` if the stream before had
    /// the same token.
    ///
    /// Returns `None`
    /// - for a request that must not be repeated,
    /// - if the latest renewal returned the same token: the provider has no fresher one,
    /// - if the latest renewal returned a token that is about to expire: the source would
    ///   reconnect in a loop.
    pub(super) fn plan_renewal(
        &self,
        now: Millis,
        expires_at: Option<Millis>,
        is_same_token: bool,
    ) -> Option<Millis> {
        let wait = renew_in(expires_at?, now, self.policy.renew_before)?;
        let is_futile = self.cause == Cause::Renewal && (is_same_token || wait < SHORTEST_RENEWAL);
        let may_renew = self.policy.is_get && self.policy.can_refresh;
        (may_renew && !is_futile).then(|| now.saturating_add(wait))
    }
}
