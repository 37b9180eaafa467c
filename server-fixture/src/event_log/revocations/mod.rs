//! The store of revoked tokens. It is as durable and as widely shared as the event log.

mod memory;
mod redis;

pub(crate) use self::memory::MemoryRevocations;
pub(crate) use self::redis::RedisRevocations;
use super::LogFuture;

/// The id of a revoked token, and its expiry in Unix seconds.
pub(crate) type Revocation = (String, u64);

/// Stores revoked tokens until they would have expired.
pub(crate) trait RevocationStore: Send + Sync + 'static {
    /// Revokes a token.
    fn revoke(&self, revocation: Revocation) -> LogFuture<'_, ()>;

    /// Returns the revoked tokens that have not expired.
    fn revoked(&self) -> LogFuture<'_, Vec<Revocation>>;
}
