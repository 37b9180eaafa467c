//! The state of a Redis stream as a whole, from `XINFO STREAM`.

use std::collections::HashMap;

use redis::{FromRedisValue, RedisError, Value, cmd};

use crate::redis::RedisConnection;

/// The reply of `XINFO STREAM`.
pub(super) type Info = HashMap<String, Value>;

/// Reads the state of the stream. Returns `None` if the stream does not exist.
pub(super) async fn info(
    redis: &mut RedisConnection,
    key: &str,
) -> Result<Option<Info>, RedisError> {
    let mut info = cmd("XINFO");
    info.arg("STREAM").arg(key);
    match info.query_async(&mut redis.connection).await {
        Err(error) if error.to_string().contains("no such key") => Ok(None),
        reply => reply.map(Some),
    }
}

/// Returns a member, or the default value of its type.
pub(super) fn field<T: FromRedisValue + Default>(info: &Info, name: &str) -> T {
    let value = info
        .get(name)
        .and_then(|value| redis::from_redis_value_ref(value).ok());
    value.unwrap_or_default()
}
