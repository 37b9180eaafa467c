//! Many nodes: the shared state in Redis. Everything expires there by itself, so that a node that
//! dies leaves nothing behind.

use std::time::Duration;

use futures_util::FutureExt;
use redis::{Script, ScriptInvocation, cmd};

use super::{Cluster, Load, TASK_LIFE, Task, WISH_LIFE};
use crate::link::Links;
use crate::log::{Answer, LogError};
use crate::membership::BEAT;
use crate::mischief::Wish;

/// Counts in a window that begins with its first request. KEYS: window. ARGV: its length in ms.
const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}";

/// Renews a lease and sums all that are not over. KEYS: ends, loads. ARGV: node, load, ms. A load
/// is `<streams> <users>`.
const LEASE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('HDEL', KEYS[2], node)
  redis.call('ZREM', KEYS[1], node)
end
local streams, users = 0, 0
for _, load in ipairs(redis.call('HVALS', KEYS[2])) do
  local of_node, of_it = string.match(load, '(%d+) (%d+)')
  streams, users = streams + of_node, users + of_it
end
return {streams, users}";

/// The tokens that are still to be refused. KEYS: revoked.
const REVOKED: &str = r"
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1])
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')";

/// A new wish, of which nothing is used up. KEYS: wish, refused. ARGV: JSON, seconds to live.
const ARM: &str = r"
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])";

/// The wish, if this request is to be refused. KEYS: wish, refused. ARGV: request, seconds to live.
const REFUSAL: &str = r"
local wish = redis.call('GET', KEYS[1])
if not wish then return false end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then
  if redis.call('SCARD', KEYS[2]) >= cjson.decode(wish).times then return false end
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return wish";

/// The shared state of a cluster on Redis.
pub(crate) struct OnRedis {
    links: Links,
    count: Script,
    lease: Script,
    revoked: Script,
    arm: Script,
    refusal: Script,
}

impl OnRedis {
    pub(crate) fn new(url: &str) -> Result<Self, LogError> {
        let links = Links::new(url, Duration::ZERO)?;
        let [count, lease, revoked] = [COUNT, LEASE, REVOKED].map(Script::new);
        let [arm, refusal] = [ARM, REFUSAL].map(Script::new);
        Ok(Self {
            links,
            count,
            lease,
            revoked,
            arm,
            refusal,
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

fn wish_keys(user: &str) -> [String; 2] {
    [format!("sse:wish:{user}"), format!("sse:refused:{user}")]
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
            let json = serde_json::to_string(task)?;
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
            Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
        }
        .boxed()
    }

    fn lease<'a>(&'a self, node: &'a str, load: Load) -> Answer<'a, Load> {
        async move {
            let mut call = self.lease.key("sse:lease-ends");
            call.key("sse:lease-loads")
                .arg(node)
                .arg(format!("{} {}", load.streams, load.users))
                .arg(millis(BEAT * 4));
            let (streams, users) = self.invoke(&call).await?;
            Ok(Load { streams, users })
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

    fn arm<'a>(&'a self, user: &'a str, wish: &'a Wish) -> Answer<'a, ()> {
        async move {
            let mut call = self.arm.prepare_invoke();
            call.key(&wish_keys(user)[..])
                .arg(serde_json::to_string(wish)?)
                .arg(WISH_LIFE);
            self.invoke(&call).await
        }
        .boxed()
    }

    fn refusal<'a>(&'a self, user: &'a str, request: &'a str) -> Answer<'a, Option<Wish>> {
        async move {
            let mut call = self.refusal.prepare_invoke();
            call.key(&wish_keys(user)[..]).arg(request).arg(WISH_LIFE);
            let json: Option<String> = self.invoke(&call).await?;
            Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
        }
        .boxed()
    }
}
