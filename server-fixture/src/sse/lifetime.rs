//! The time at which a stream must close: maximum age, token expiry or revocation.

use std::sync::Arc;

use tokio::time::Instant;

use crate::auth::{Revocations, User};
use crate::state::AppState;

/// The limits on the lifetime of one stream. A stream checks them before it looks for events,
/// because a client that is always behind never waits.
pub(crate) struct StreamLifetime {
    deadline: Instant,
    /// `age` or `token`.
    reason: &'static str,
    user: Option<User>,
    revocations: Arc<Revocations>,
}

impl StreamLifetime {
    /// Computes the deadline: a random age around `--max-age`, but no later than the token's
    /// expiry. Without the random part, streams that began together would reconnect together.
    pub(crate) fn new(state: &AppState, user: Option<&User>) -> Self {
        let age = state.config.max_age.mul_f64(0.9 + 0.2 * fastrand::f64());
        let (length, reason) = match user.map(User::time_left) {
            Some(token) if token < age => (token, "token"),
            _ => (age, "age"),
        };
        Self {
            deadline: Instant::now() + length,
            reason,
            user: user.cloned(),
            revocations: Arc::clone(&state.revocations),
        }
    }

    /// Returns the time at which the stream closes if its token is not revoked before.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns the reason to close the stream now, if there is one.
    pub(crate) fn end_reason(&self) -> Option<&'static str> {
        if let Some(user) = &self.user {
            if self.revocations.contains(&user.token_id) {
                return Some("revoked");
            }
            // The deadline does not follow the clock of the machine, which may have been set forward.
            if user.time_left().is_zero() {
                return Some("token");
            }
        }
        (Instant::now() >= self.deadline).then_some(self.reason)
    }
}
