//! Many nodes: the shared state in Redis. Everything expires there by itself, so that a node that
//! dies leaves nothing behind.

use std::time::Duration;

use futures_util::FutureExt;
use redis::{Script, ScriptInvocation, cmd};

use super::{Cluster, TASK_LIFE, Task};
use crate::link::Links;
use crate::log::{Answer, LogError};
use crate::membership::BEAT;

/// Counts in a window that begins with its first request. KEYS: window. ARGV: its length in ms.
const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}";

/// Renews a lease and sums all that are not over. KEYS: ends, counts. ARGV: node, streams, ms.
const LEASE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('HDEL', KEYS[2], node)
  redis.call('ZREM', KEYS[1], node)
end
local sum = 0
for _, count in ipairs(redis.call('HVALS', KEYS[2])) do sum = sum + count end
return sum";

/// The tokens that are still to be refused. KEYS: revoked.
const REVOKED: &str = r"
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1])
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')";

/// The shared state of a cluster on Redis.
pub(crate) struct OnRedis {
    links: Links,
    count: Script,
    lease: Script,
    revoked: Script,
}

impl OnRedis {
    pub(crate) fn new(url: &str) -> Result<Self, LogError> {
        let links = Links::new(url, Duration::ZERO)?;
        let [count, lease, revoked] = [COUNT, LEASE, REVOKED].map(Script::new);
        Ok(Self {
            links,
            count,
            lease,
            revoked,
        })
    }

    async fn invoke<T>(&self, call: &ScriptInvocation<'_>) -> Result<T, LogError>
    where
        T: redis::FromRedisValue,
    {
        let mut link = self.links.link().await?;
        let result = call.invoke_async(&mut link.connection).await;
        self.links.checked(&link, result).await
    }

    async fn query<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, LogError> {
        let mut link = self.links.link().await?;
        let result = command.query_async(&mut link.connection).await;
        self.links.checked(&link, result).await
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

fn task_key(id: &str) -> String {
    format!("sse:task:{id}")
}

impl Cluster for OnRedis {
    fn count<'a>(&'a self, key: &'a str, limit: u32, window: Duration) -> Answer<'a, Option<u64>> {
        async move {
            let mut call = self.count.key(format!("sse:rate:{key}"));
            call.arg(millis(window));
            let (count, left): (u64, i64) = self.invoke(&call).await?;
            let seconds = u64::try_from(left).unwrap_or(0) / 1000 + 1;
            Ok((count > u64::from(limit)).then_some(seconds))
        }
        .boxed()
    }

    fn put_task<'a>(&'a self, task: &'a Task) -> Answer<'a, ()> {
        async move {
            let json = serde_json::to_string(task).map_err(|error| LogError(error.to_string()))?;
            let mut set = cmd("SET");
            self.query(
                set.arg(task_key(&task.id))
                    .arg(json)
                    .arg("EX")
                    .arg(TASK_LIFE),
            )
            .await
        }
        .boxed()
    }

    fn task<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Task>> {
        async move {
            let json: Option<String> = self.query(cmd("GET").arg(task_key(id))).await?;
            let task = json.map(|json| serde_json::from_str(&json)).transpose();
            task.map_err(|error| LogError(error.to_string()))
        }
        .boxed()
    }

    fn lease<'a>(&'a self, node: &'a str, streams: usize) -> Answer<'a, usize> {
        async move {
            let mut call = self.lease.key("sse:lease-ends");
            call.key("sse:lease-counts")
                .arg(node)
                .arg(streams)
                .arg(millis(BEAT * 4));
            self.invoke(&call).await
        }
        .boxed()
    }

    fn revoke<'a>(&'a self, token_id: &'a str, expires_at: u64) -> Answer<'a, ()> {
        async move {
            self.query(cmd("ZADD").arg("sse:revoked").arg(expires_at).arg(token_id))
                .await
        }
        .boxed()
    }

    fn revoked(&self) -> Answer<'_, Vec<(String, u64)>> {
        async move { self.invoke(&self.revoked.key("sse:revoked")).await }.boxed()
    }
}
