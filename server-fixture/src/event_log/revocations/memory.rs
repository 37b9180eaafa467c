//! Revoked tokens in memory. They end with the process, like the event log in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;

use super::{Revocation, RevocationStore};
use crate::event_log::LogFuture;
use crate::util::unix_now;

/// Implements [`RevocationStore`] for one process.
#[derive(Default)]
pub(crate) struct MemoryRevocations(Mutex<HashMap<String, u64>>);

impl MemoryRevocations {
    fn all(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        // Each change under this lock is one insert or removal, so a poisoned lock is usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RevocationStore for MemoryRevocations {
    fn revoke(&self, (token_id, expires_at): Revocation) -> LogFuture<'_, ()> {
        self.all().insert(token_id, expires_at);
        async { Ok(()) }.boxed()
    }

    fn revoked(&self) -> LogFuture<'_, Vec<Revocation>> {
        let mut all = self.all();
        all.retain(|_, expires_at| *expires_at > unix_now());
        let revoked: Vec<Revocation> = all.iter().map(|(id, at)| (id.clone(), *at)).collect();
        async { Ok(revoked) }.boxed()
    }
}
