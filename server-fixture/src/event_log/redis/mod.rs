//! An event log in a Redis stream, for any number of nodes.
//!
//! Redis assigns the ids. `XADD … <epoch>-*` appends the next sequence number, so ids are
//! consecutive. Redis rejects a writer with an older epoch.

mod info;

use std::time::Duration;

use futures_util::FutureExt;
use redis::cmd;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};

use self::info::{field, info, position_before};
use super::cursor::Cursor;
use super::resume::RetainedRange;
use super::{Draft, EventLog, LogEntry, LogError, LogFuture};
use crate::redis::{RedisConnection, RedisPool};

/// The longest time that one read blocks. The reader then reads again.
const BLOCK: Duration = Duration::from_secs(5);
/// Most events that the ring reads at once.
const PAGE: usize = 1024;

/// Keeps the last events in Redis.
pub struct RedisLog {
    /// The stream's key.
    key: &'static str,
    commands: RedisPool,
    /// A blocking read delays all later commands of a connection, so reads have their own pool.
    reads: RedisPool,
    capacity: usize,
}

impl RedisLog {
    /// Returns the log with the key `key` at `url` (`redis://host:port/db`, `redis+unix:///path`). It
    /// keeps `capacity` events, at least one, and connects on first use.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid.
    pub fn new(url: &str, key: &'static str, capacity: usize) -> Result<Self, LogError> {
        let commands = RedisPool::new(url, Duration::ZERO)?;
        let reads = RedisPool::new(url, BLOCK)?;
        Ok(Self {
            key,
            commands,
            reads,
            capacity: capacity.max(1),
        })
    }

    async fn add(&self, draft: &Draft) -> Result<Cursor, LogError> {
        let mut redis = self.commands.get().await?;
        let mut add = cmd("XADD");
        add.arg(self.key)
            .arg("MAXLEN")
            .arg(self.capacity)
            .arg(format!("{}-*", redis.epoch));
        add.arg("t")
            .arg(&draft.event_type)
            .arg("d")
            .arg(&draft.data);
        if let Some(to) = &draft.to {
            add.arg("u").arg(to);
        }
        let id: Result<String, _> = add.query_async(&mut redis.connection).await;
        cursor(&self.commands.check(&redis, id).await?)
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
        let info = info(&mut redis, self.key).await;
        let Some(info) = self.commands.check(&redis, info).await? else {
            let origin = Cursor::default();
            return Ok(RetainedRange {
                before_first: origin,
                first: None,
                last: origin,
                holds_requested: false,
            });
        };
        let last = cursor(&field::<String>(&info, "last-generated-id"))?;
        let first = match field::<usize>(&info, "length") {
            0 => None,
            _ => Some(cursor(&field::<String>(&info, "recorded-first-entry-id"))?),
        };
        let before_first = first.map_or(last, |first| position_before(first, &info));
        let holds_requested = match requested.filter(|cursor| cursor.epoch != last.epoch) {
            Some(cursor) => self.holds(&mut redis, cursor).await?,
            None => false,
        };
        Ok(RetainedRange {
            before_first,
            first,
            last,
            holds_requested,
        })
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
            .arg(u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX));
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
        streams
            .iter()
            .flat_map(|stream| &stream.ids)
            .map(entry)
            .collect()
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
}
