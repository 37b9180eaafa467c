use crate::duration::Duration;

/// How long before its expiry a token is renewed, unless told otherwise: 30 s.
pub const DEFAULT_RENEW_BEFORE: Duration = Duration::from_secs(30);

/// How long to use a token that expires at `expires_at` before the source reconnects with a
/// fresh one; both times are since 1970.
///
/// A token that lives shorter than `renew_before` is renewed at half of its remaining life:
/// otherwise each connection would end as soon as it opened. `None`: the token counts as expired
/// already, so this clock or that one is wrong, and the server decides.
pub fn renew_in(
    expires_at: Duration,
    unix_now: Duration,
    renew_before: Duration,
) -> Option<Duration> {
    let life = expires_at
        .checked_sub(unix_now)
        .filter(|life| !life.is_zero())?;
    Some(life.saturating_sub(renew_before).max(life / 2))
}
