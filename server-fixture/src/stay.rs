//! How long a stream may go on.

use std::sync::Arc;

use tokio::time::Instant;

use crate::auth::{Revocations, User};
use crate::node::Node;

/// The end of a stream that comes whatever happens in it: its age, or that of its token. To be asked
/// before each look at what there is to send: a client that is always behind never waits.
pub(crate) struct Stay {
    deadline: Instant,
    /// `age` or `token`.
    reason: &'static str,
    token_id: Option<String>,
    revocations: Arc<Revocations>,
}

impl Stay {
    /// The age limit is jittered, so that streams which began together do not all come back together.
    /// It is never later than the token's end.
    pub(crate) fn new(node: &Node, user: Option<&User>) -> Self {
        let age = node.config.max_age.mul_f64(0.9 + 0.2 * fastrand::f64());
        let (length, reason) = match user.map(User::time_left) {
            Some(token) if token < age => (token, "token"),
            _ => (age, "age"),
        };
        Self {
            deadline: Instant::now() + length,
            reason,
            token_id: user.map(|user| user.token_id.clone()),
            revocations: Arc::clone(&node.revocations),
        }
    }

    /// When it ends, unless its token is ended before.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Why nothing more may be told.
    pub(crate) fn ended_by(&self) -> Option<&'static str> {
        let is_revoked = |id: &String| self.revocations.contains(id);
        if self.token_id.as_ref().is_some_and(is_revoked) {
            return Some("revoked");
        }
        (Instant::now() >= self.deadline).then_some(self.reason)
    }
}
