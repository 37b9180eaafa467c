//! The state of a Redis stream as a whole, from `XINFO STREAM`.

use std::collections::HashMap;

use redis::{FromRedisValue, RedisError, Value, cmd};

use crate::event_log::cursor::Cursor;
use crate::redis::RedisConnection;

/// The reply of `XINFO STREAM`.
pub(super) type Info = HashMap<String, Value>;

/// Reads the state of the stream. Returns `None` if no event was ever appended.
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

/// Returns the position before the first stored event. If that event is the first of its epoch, this
/// is the last possible position of the epoch before.
pub(super) fn position_before(first: Cursor, info: &Info) -> Cursor {
    if field::<u64>(info, "entries-added") == field::<u64>(info, "length") {
        return Cursor::default();
    }
    match first.seq.checked_sub(1) {
        Some(seq) => Cursor { seq, ..first },
        None => Cursor {
            epoch: first.epoch.saturating_sub(1),
            seq: u64::MAX,
        },
    }
}
