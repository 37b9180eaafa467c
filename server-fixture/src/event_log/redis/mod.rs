//! An event log in a Redis stream, for any number of nodes.
//!
//! Redis assigns the ids. `XADD … <epoch>-*` appends the next sequence number, so ids are
//! consecutive. Each append first checks the identity of the stream, in the same script.

mod identity;
mod info;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};
use redis::{Script, ScriptInvocation, cmd};

use self::identity::{IS_NEW, append_script, verify_script};
use self::info::{Info, field, info};
use super::cursor::Cursor;
use super::epoch::new_epoch;
use super::resume::RetainedRange;
use super::{Draft, EventLog, FOLLOW_TIMEOUT, LogEntry, LogError, LogFuture};
use crate::redis::{RedisConnection, RedisPool};

/// Most events that the ring reads at once.
const PAGE: usize = 1024;

/// Keeps the last events in Redis.
pub struct RedisLog {
    /// The stream's key.
    key: &'static str,
    /// The key of the hash that holds the identity of the stream.
    hash: String,
    commands: RedisPool,
    /// A blocking read delays all later commands of a connection, so reads have their own pool.
    reads: RedisPool,
    capacity: usize,
    verify: Script,
    append: Script,
    /// The newest id that this node has seen. A stream that ends earlier was rolled back.
    newest: Mutex<Cursor>,
}

/// The last id of the stream, and the change that began a new epoch. The change is empty if there is
/// none.
type Checked = (String, String);

impl RedisLog {
    /// Returns the log with the key `key` at `url` (`redis://host:port/db`, `redis+unix:///path`). It
    /// keeps `capacity` events, at least one, and connects on first use.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid.
    pub fn new(url: &str, key: &'static str, capacity: usize) -> Result<Self, LogError> {
        let commands = RedisPool::new(url, Duration::ZERO)?;
        let reads = RedisPool::new(url, FOLLOW_TIMEOUT)?;
        Ok(Self {
            key,
            hash: format!("{key}:identity"),
            commands,
            reads,
            capacity: capacity.max(1),
            verify: verify_script(),
            append: append_script(),
            newest: Mutex::default(),
        })
    }

    /// Logs a warning if Redis may delete the stream when its memory is full.
    ///
    /// # Errors
    /// Returns an error if Redis is not available.
    pub async fn warn_about_eviction(&self) -> Result<(), LogError> {
        let policy = self.commands.setting("maxmemory-policy").await?;
        match policy.as_deref() {
            Some("noeviction") => {}
            Some(policy) => tracing::warn!(
                "Redis may delete the event log when its memory is full: `maxmemory-policy` is \
                 {policy}. Set it to `noeviction`."
            ),
            None => tracing::warn!(
                "Redis does not permit `CONFIG GET maxmemory-policy`. Ensure that it is \
                 `noeviction`, or Redis may delete the event log when its memory is full."
            ),
        }
        Ok(())
    }

    async fn add(&self, draft: &Draft) -> Result<Cursor, LogError> {
        let mut redis = self.commands.get().await?;
        let mut call = self.call(&self.append, &redis);
        call.arg(self.capacity);
        call.arg("t").arg(&draft.event_type);
        call.arg("d").arg(&draft.data);
        if let Some(to) = &draft.to {
            call.arg("u").arg(to);
        }
        let reply: Result<Checked, _> = call.invoke_async(&mut redis.connection).await;
        let reply = self.commands.check(&redis, reply).await?;
        self.note(&reply)
    }

    /// Checks the identity of the stream, and whether Redis accepts writes if `tests_writing`. Returns
    /// the last id.
    async fn check(&self, tests_writing: bool) -> Result<Cursor, LogError> {
        let mut redis = self.commands.get().await?;
        let mut call = self.call(&self.verify, &redis);
        call.arg(u8::from(tests_writing));
        let reply: Result<Checked, _> = call.invoke_async(&mut redis.connection).await;
        let reply = self.commands.check(&redis, reply).await?;
        self.note(&reply)
    }

    /// Returns the call of a script with the arguments of the identity check.
    fn call<'a>(&self, script: &'a Script, redis: &RedisConnection) -> ScriptInvocation<'a> {
        let newest = self.newest();
        let mut call = script.key(self.key);
        call.key(&self.hash)
            .arg(&redis.run_id)
            .arg(u8::from(redis.is_durable))
            .arg(new_epoch())
            .arg(newest.epoch)
            .arg(newest.seq);
        call
    }

    fn newest(&self) -> Cursor {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, cursor: Cursor) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = cursor.max(*newest);
    }

    /// Logs a new epoch and returns the last id.
    fn note(&self, (last, change): &Checked) -> Result<Cursor, LogError> {
        let (last, key) = (cursor(last)?, self.key);
        if change == IS_NEW {
            tracing::info!(%last, "The Redis stream {key} {change}");
        } else if !change.is_empty() {
            tracing::error!(
                %last,
                "The Redis stream {key} {change}. A new epoch begins, and every client gets a \
                 `gap`. Set `maxmemory-policy noeviction`, and let only this server write the key."
            );
        }
        self.saw(last);
        Ok(last)
    }

    async fn range(&self, after: Cursor, limit: usize) -> Result<Vec<LogEntry>, LogError> {
        let mut redis = self.commands.get().await?;
        let mut range = cmd("XRANGE");
        range
            .arg(self.key)
            .arg(format!("({after}"))
            .arg("+")
            .arg("COUNT")
            .arg(limit);
        let reply: Result<StreamRangeReply, _> = range.query_async(&mut redis.connection).await;
        self.commands
            .check(&redis, reply)
            .await?
            .ids
            .iter()
            .map(entry)
            .collect()
    }

    async fn state(&self, requested: Option<Cursor>) -> Result<RetainedRange, LogError> {
        let mut redis = self.commands.get().await?;
        let info = self.info(&mut redis).await?;
        let last = cursor(&field::<String>(&info, "last-generated-id"))?;
        let first = match field::<usize>(&info, "length") {
            0 => None,
            _ => Some(cursor(&field::<String>(&info, "recorded-first-entry-id"))?),
        };
        let holds_requested = match requested.filter(|cursor| cursor.epoch != last.epoch) {
            Some(cursor) => self.holds(&mut redis, cursor).await?,
            None => false,
        };
        Ok(RetainedRange {
            before_first: first.map_or(last, Cursor::before),
            first,
            last,
            holds_requested,
        })
    }

    /// Reads the state of the stream, and begins a new epoch first if the stream does not exist.
    async fn info(&self, redis: &mut RedisConnection) -> Result<Info, LogError> {
        for _ in 0..2 {
            let found = info(redis, self.key).await;
            if let Some(found) = self.commands.check(redis, found).await? {
                return Ok(found);
            }
            self.check(false).await?;
        }
        let error = format!("the Redis stream {} is deleted again and again", self.key);
        Err(LogError(error))
    }

    async fn holds(&self, redis: &mut RedisConnection, cursor: Cursor) -> Result<bool, LogError> {
        let id = cursor.to_string();
        let mut range = cmd("XRANGE");
        range.arg(self.key).arg(&id).arg(&id);
        let reply: Result<StreamRangeReply, _> = range.query_async(&mut redis.connection).await;
        Ok(!self.commands.check(redis, reply).await?.ids.is_empty())
    }

    async fn read(&self, after: Cursor) -> Result<Vec<LogEntry>, LogError> {
        let mut redis = self.reads.get().await?;
        let mut read = cmd("XREAD");
        read.arg("BLOCK")
            .arg(u64::try_from(FOLLOW_TIMEOUT.as_millis()).unwrap_or(u64::MAX));
        read.arg("COUNT")
            .arg(PAGE)
            .arg("STREAMS")
            .arg(self.key)
            .arg(after.to_string());
        let reply: Result<Option<StreamReadReply>, _> =
            read.query_async(&mut redis.connection).await;
        let streams = self
            .reads
            .check(&redis, reply)
            .await?
            .map_or(Vec::new(), |reply| reply.keys);
        let ids = streams.iter().flat_map(|stream| &stream.ids);
        let entries: Vec<LogEntry> = ids.map(entry).collect::<Result<_, _>>()?;
        if let Some(last) = entries.last() {
            self.saw(last.cursor);
        }
        Ok(entries)
    }
}

fn cursor(id: &str) -> Result<Cursor, LogError> {
    id.parse()
        .map_err(|_| LogError(format!("Redis returned the invalid id {id:?}")))
}

fn entry(stored: &StreamId) -> Result<LogEntry, LogError> {
    let draft = Draft {
        event_type: stored.get("t").unwrap_or_default(),
        data: stored.get("d").unwrap_or_default(),
        to: stored.get("u"),
    };
    Ok(LogEntry {
        cursor: cursor(&stored.id)?,
        draft,
    })
}

impl EventLog for RedisLog {
    fn append(&self, draft: Draft) -> LogFuture<'_, Cursor> {
        async move { self.add(&draft).await }.boxed()
    }

    fn page(&self, after: Cursor, limit: usize) -> LogFuture<'_, Vec<LogEntry>> {
        self.range(after, limit).boxed()
    }

    fn retained(&self, requested: Option<Cursor>) -> LogFuture<'_, RetainedRange> {
        self.state(requested).boxed()
    }

    fn follow(&self, after: Cursor) -> LogFuture<'_, Vec<LogEntry>> {
        self.read(after).boxed()
    }

    fn verify(&self) -> LogFuture<'_, Cursor> {
        self.check(false).boxed()
    }

    fn test_write(&self) -> LogFuture<'_, ()> {
        async { self.check(true).await.map(drop) }.boxed()
    }
}
