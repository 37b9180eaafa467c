//! What Redis knows about the stream as a whole.

use std::collections::HashMap;

use redis::{FromRedisValue, RedisError, Value, cmd};

use crate::cursor::Cursor;
use crate::link::Link;

/// The answer of `XINFO STREAM`.
pub(super) type Info = HashMap<String, Value>;

/// `None` while nothing was ever appended.
pub(super) async fn info(link: &mut Link, key: &str) -> Result<Option<Info>, RedisError> {
    let mut info = cmd("XINFO");
    info.arg("STREAM").arg(key);
    match info.query_async(&mut link.connection).await {
        Err(error) if error.to_string().contains("no such key") => Ok(None),
        reply => reply.map(Some),
    }
}

/// A member, or its type's nothing.
pub(super) fn field<T: FromRedisValue + Default>(info: &Info, name: &str) -> T {
    let value = info
        .get(name)
        .and_then(|value| redis::from_redis_value_ref(value).ok());
    value.unwrap_or_default()
}

/// The place before the first kept event. Where an epoch begins, the sequence says nothing of
/// what was trimmed before it: then it is the last place that the epoch before could have had.
pub(super) fn before(first: Cursor, info: &Info) -> Cursor {
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
