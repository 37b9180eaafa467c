//! Revoked tokens in memory. They end with the process, like the event log in memory.

use futures_util::FutureExt;

use super::{Revocation, RevocationStore};
use crate::event_log::LogFuture;

/// Stores nothing: each node keeps the revoked tokens that it knows in memory anyway.
pub(crate) struct MemoryRevocations;

impl RevocationStore for MemoryRevocations {
    fn revoke(&self, _revocation: Revocation) -> LogFuture<'_, ()> {
        async { Ok(()) }.boxed()
    }

    fn revoked(&self) -> LogFuture<'_, Vec<Revocation>> {
        async { Ok(Vec::new()) }.boxed()
    }
}
