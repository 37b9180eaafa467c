//! Revoked tokens in Redis, shared by all nodes.

use std::time::Duration;

use futures_util::FutureExt;
use redis::{Script, cmd};

use super::{Revocation, RevocationStore};
use crate::event_log::{LogError, LogFuture};
use crate::redis::RedisPool;

/// The key of the sorted set: token ids by expiry.
const KEY: &str = "sse:revoked";

/// Removes the tokens that have expired and returns the other revoked tokens. KEYS: revoked.
const REVOKED: &str = r"
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1])
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')";

/// Implements [`RevocationStore`] for several nodes.
pub(crate) struct RedisRevocations {
    pool: RedisPool,
    revoked: Script,
}

impl RedisRevocations {
    pub(crate) fn new(url: &str) -> Result<Self, LogError> {
        Ok(Self {
            pool: RedisPool::new(url, Duration::ZERO)?,
            revoked: Script::new(REVOKED),
        })
    }
}

impl RevocationStore for RedisRevocations {
    fn revoke(&self, (token_id, expires_at): Revocation) -> LogFuture<'_, ()> {
        async move {
            let mut redis = self.pool.get().await?;
            let mut add = cmd("ZADD");
            add.arg(KEY).arg(expires_at).arg(token_id);
            let result = add.query_async(&mut redis.connection).await;
            Ok(self.pool.check(&redis, result).await?)
        }
        .boxed()
    }

    fn revoked(&self) -> LogFuture<'_, Vec<Revocation>> {
        async move {
            let mut redis = self.pool.get().await?;
            let call = self.revoked.key(KEY);
            let result = call.invoke_async(&mut redis.connection).await;
            Ok(self.pool.check(&redis, result).await?)
        }
        .boxed()
    }
}
