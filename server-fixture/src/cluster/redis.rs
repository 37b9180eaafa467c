//! The shared state of several nodes, in Redis. Every key expires, so that a node that dies leaves
//! no state behind.

use std::time::Duration;

use futures_util::FutureExt;
use redis::{Script, ScriptInvocation, cmd};

use super::demo_fault::DemoFault;
use super::{
    Cluster, DEMO_FAULT_TTL, HEARTBEAT_INTERVAL, StoreFuture, StoredTask, StreamLoad, TASK_TTL,
    Task,
};
use crate::redis::{RedisPool, StoreError};

/// Counts requests in a window that begins with the first request. A window without an end, which
/// another program wrote, would refuse requests forever. KEYS: window. ARGV: its length
/// in ms.
const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}";

/// Renews a lease and returns the sum of all leases that have not expired. A load is
/// `<streams> <users>`. A lease that ends later than a new one was written before the clock of Redis
/// was set back, and would never expire. KEYS: expiries, loads. ARGV: node, load, ms.
const LEASE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local latest = now + ARGV[3]
redis.call('ZADD', KEYS[1], latest, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local function remove(from, to)
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], from, to)) do
    redis.call('HDEL', KEYS[2], node)
    redis.call('ZREM', KEYS[1], node)
  end
end
remove('-inf', now)
remove('(' .. string.format('%.0f', latest), '+inf')
local streams, users = 0, 0
for _, load in ipairs(redis.call('HVALS', KEYS[2])) do
  local of_node, of_it = string.match(load, '(%d+) (%d+)')
  streams, users = streams + of_node, users + of_it
end
return {streams, users}";

/// Returns a task and the milliseconds until it expires. KEYS: task.
const TASK: &str = r"
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}";

/// Stores a fault and clears its rejected requests. KEYS: fault, requests. ARGV: JSON, seconds to
/// live.
const ARM_FAULT: &str = r"
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])";

/// Returns the fault if it applies to this request. KEYS: fault, requests. ARGV: request, seconds to
/// live.
const DUE_FAULT: &str = r"
local fault = redis.call('GET', KEYS[1])
if not fault then return false end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then
  if redis.call('SCARD', KEYS[2]) >= cjson.decode(fault).times then return false end
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return fault";

/// Implements [`Cluster`] for several nodes.
pub(crate) struct RedisCluster {
    pool: RedisPool,
    count: Script,
    lease: Script,
    task: Script,
    arm_fault: Script,
    due_fault: Script,
}

impl RedisCluster {
    pub(crate) fn new(url: &str) -> Result<Self, StoreError> {
        let pool = RedisPool::new(url, Duration::ZERO)?;
        let [count, lease, task] = [COUNT, LEASE, TASK].map(Script::new);
        let [arm_fault, due_fault] = [ARM_FAULT, DUE_FAULT].map(Script::new);
        Ok(Self {
            pool,
            count,
            lease,
            task,
            arm_fault,
            due_fault,
        })
    }

    async fn invoke<T>(&self, call: &ScriptInvocation<'_>) -> Result<T, StoreError>
    where
        T: redis::FromRedisValue,
    {
        let mut redis = self.pool.get().await?;
        let result = call.invoke_async(&mut redis.connection).await;
        self.pool.check(&redis, result).await
    }

    async fn query<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        let mut redis = self.pool.get().await?;
        let result = command.query_async(&mut redis.connection).await;
        self.pool.check(&redis, result).await
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

fn fault_keys(user: &str) -> [String; 2] {
    [
        format!("sse:demo-fault:{user}"),
        format!("sse:demo-fault-requests:{user}"),
    ]
}

fn task_key(id: &str) -> String {
    format!("sse:task:{id}")
}

impl Cluster for RedisCluster {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: u32,
        window: Duration,
    ) -> StoreFuture<'a, Option<u64>> {
        async move {
            let mut call = self.count.key(format!("sse:rate:{key}"));
            call.arg(millis(window));
            let (count, left): (u64, i64) = self.invoke(&call).await?;
            let seconds = u64::try_from(left).unwrap_or(0) / 1000 + 1;
            Ok((count > u64::from(limit)).then_some(seconds))
        }
        .boxed()
    }

    fn put_task<'a>(&'a self, task: &'a Task) -> StoreFuture<'a, ()> {
        async move {
            let json = serde_json::to_string(task)?;
            let mut set = cmd("SET");
            self.query(
                set.arg(task_key(&task.id))
                    .arg(json)
                    .arg("EX")
                    .arg(TASK_TTL),
            )
            .await
        }
        .boxed()
    }

    fn task<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<StoredTask>> {
        async move {
            let call = self.task.key(task_key(id));
            let (json, left): (Option<String>, i64) = self.invoke(&call).await?;
            let Some(json) = json else {
                return Ok(None);
            };
            let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
            let age = Duration::from_secs(TASK_TTL).saturating_sub(left);
            let task = serde_json::from_str(&json)?;
            Ok(Some(StoredTask { task, age }))
        }
        .boxed()
    }

    fn lease<'a>(&'a self, node: &'a str, load: StreamLoad) -> StoreFuture<'a, StreamLoad> {
        async move {
            let mut call = self.lease.key("sse:lease-ends");
            call.key("sse:lease-loads")
                .arg(node)
                .arg(format!("{} {}", load.streams, load.users))
                .arg(millis(HEARTBEAT_INTERVAL * 4));
            let (streams, users) = self.invoke(&call).await?;
            Ok(StreamLoad { streams, users })
        }
        .boxed()
    }

    fn arm_fault<'a>(&'a self, user: &'a str, fault: &'a DemoFault) -> StoreFuture<'a, ()> {
        async move {
            let mut call = self.arm_fault.prepare_invoke();
            call.key(&fault_keys(user)[..])
                .arg(serde_json::to_string(fault)?)
                .arg(DEMO_FAULT_TTL);
            self.invoke(&call).await
        }
        .boxed()
    }

    fn due_fault<'a>(
        &'a self,
        user: &'a str,
        request: &'a str,
    ) -> StoreFuture<'a, Option<DemoFault>> {
        async move {
            let mut call = self.due_fault.prepare_invoke();
            call.key(&fault_keys(user)[..])
                .arg(request)
                .arg(DEMO_FAULT_TTL);
            let json: Option<String> = self.invoke(&call).await?;
            Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
        }
        .boxed()
    }
}
