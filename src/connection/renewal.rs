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

/// The times of a token, since 1970. They are not trusted: they only decide when to renew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLife {
    /// The expiry: `expiresAt`, otherwise the claim `exp` of a JWT ([RFC 7519 §4.1.4]).
    ///
    /// [RFC 7519 §4.1.4]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
    pub expires_at: Millis,
    /// The claim `iat` of a JWT ([RFC 7519 §4.1.6]).
    ///
    /// [RFC 7519 §4.1.6]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.6
    pub issued_at: Option<Millis>,
}

/// The token of the current attempt, and what earlier tokens have shown.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    token: Option<TokenLife>,
    /// Whether the attempt before had another token.
    is_new: bool,
    /// How far the local clock is ahead of the issuer's, in milliseconds. The local clock is trusted
    /// until a fresh token shows that it is wrong.
    skew: i64,
    /// The latest renewal.
    renewed_at: Option<Millis>,
    /// When to leave the open stream for a fresh token.
    at: Option<Millis>,
}

impl Renewal {
    fn set_token(
        &mut self,
        token: Option<TokenLife>,
        is_new: bool,
        is_fresh: bool,
        unix_now: Millis,
    ) {
        self.token = token;
        self.is_new = is_new;
        let issued_at = token.and_then(|token| token.issued_at);
        if let (true, Some(issued_at)) = (is_fresh, issued_at) {
            self.skew = signed(unix_now).saturating_sub(signed(issued_at));
        }
    }

    /// When to renew the token of a stream that opens now, and whether that cannot help.
    fn plan(&self, now: Millis, unix_now: Millis, renew_before: Millis) -> Option<(Millis, bool)> {
        let TokenLife {
            expires_at,
            issued_at,
        } = self.token?;
        let issuer_now = signed(unix_now).saturating_sub(self.skew);
        let issuer_now = Millis::new(u64::try_from(issuer_now).unwrap_or_default());
        let wait = renew_in(expires_at, issuer_now, renew_before)?;
        let lifetime = issued_at.map(|at| expires_at.saturating_sub(at));
        let earliest = self.renewed_at.map_or(Millis::ZERO, |at| {
            at.saturating_add(lifetime.unwrap_or_default().divided_by(10))
        });
        let is_futile = !self.is_new || wait < SHORTEST_RENEWAL;
        Some((now.saturating_add(wait).max(earliest), is_futile))
    }
}

fn signed(time: Millis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

impl Lifecycle {
    /// Sets the token of the attempt that is being prepared. `is_new` if the attempt before had
    /// another token.
    ///
    /// A new token after a renewal or a refresh of ours was issued just now, so that it shows how
    /// wrong the local clock is. The app may have cached any other token.
    pub fn set_token(&mut self, token: Option<TokenLife>, is_new: bool, unix_now: Millis) {
        let is_ours = matches!(self.cause, Cause::Renewal | Cause::Unauthorized);
        self.renewal
            .set_token(token, is_new, is_new && is_ours, unix_now);
    }

    /// The time at which the open stream is left for a fresh token. A stream without an ID cannot
    /// be resumed, so that it is never left for a renewal.
    pub(super) fn renewal(&self) -> Option<Millis> {
        self.renewal.at.filter(|_| self.can_resume())
    }

    /// Leaves the open stream for a fresh token.
    pub(super) fn renew(&mut self, now: Millis) {
        self.renewal.renewed_at = Some(now);
        self.restart(Cause::Renewal);
    }

    /// Plans the renewal of the token of a stream that opens now. The time between two renewals is
    /// at least a tenth of the token's lifetime, even if the local clock is wrong.
    ///
    /// There is no renewal
    /// - of a request that must not be repeated,
    /// - if the latest renewal returned the same token: the provider has no fresher one,
    /// - if the latest renewal returned a token that is about to expire: the source would
    ///   reconnect in a loop.
    pub(super) fn plan_renewal(&mut self, now: Millis, unix_now: Millis) {
        let may_renew = self.policy.is_get && self.policy.can_renew;
        let plan = self.renewal.plan(now, unix_now, self.policy.renew_before);
        let is_renewed = self.cause == Cause::Renewal;
        self.renewal.at = plan
            .filter(|(_, is_futile)| may_renew && !(is_renewed && *is_futile))
            .map(|(at, _)| at);
    }
}
