//! The log in a Redis stream, for any number of nodes.
//!
//! Redis mints the ids: `XADD … <epoch>-*` fills in the next sequence, so they are dense, and
//! refuses a writer whose epoch is over.

mod info;

use std::time::Duration;

use futures_util::FutureExt;
use redis::cmd;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};

use self::info::{before, field, info};
use super::{Answer, Draft, Entry, EventLog, LogError};
use crate::cursor::Cursor;
use crate::link::{Link, Links};
use crate::resume::Kept;

/// How long one read waits for news; the reader then asks again.
const BLOCK: Duration = Duration::from_secs(5);
/// Events read at once for the ring.
const PAGE: usize = 1024;

/// Keeps the last events in Redis.
pub struct RedisLog {
    /// The stream's key.
    key: &'static str,
    commands: Links,
    /// A blocking read holds up everything behind it, so it has a connection of its own.
    reads: Links,
    capacity: usize,
}

impl RedisLog {
    /// The log named `key` at `url` (`redis://host:port/db`, `redis+unix:///path`), which keeps
    /// `capacity` events, at least one. Connects at the first use.
    ///
    /// # Errors
    /// The URL cannot be understood.
    pub fn new(url: &str, key: &'static str, capacity: usize) -> Result<Self, LogError> {
        let commands = Links::new(url, Duration::ZERO)?;
        let reads = Links::new(url, BLOCK)?;
        Ok(Self {
            key,
            commands,
            reads,
            capacity: capacity.max(1),
        })
    }

    async fn add(&self, draft: &Draft) -> Result<Cursor, LogError> {
        let mut link = self.commands.link().await?;
        let mut add = cmd("XADD");
        add.arg(self.key)
            .arg("MAXLEN")
            .arg(self.capacity)
            .arg(format!("{}-*", link.epoch));
        add.arg("t")
            .arg(&draft.event_type)
            .arg("d")
            .arg(&draft.data);
        if let Some(to) = &draft.to {
            add.arg("u").arg(to);
        }
        let id: Result<String, _> = add.query_async(&mut link.connection).await;
        cursor(&self.commands.checked(&link, id).await?)
    }

    async fn range(&self, after: Cursor, limit: usize) -> Result<Vec<Entry>, LogError> {
        let mut link = self.commands.link().await?;
        let mut range = cmd("XRANGE");
        range
            .arg(self.key)
            .arg(format!("({after}"))
            .arg("+")
            .arg("COUNT")
            .arg(limit);
        let reply: Result<StreamRangeReply, _> = range.query_async(&mut link.connection).await;
        self.commands
            .checked(&link, reply)
            .await?
            .ids
            .iter()
            .map(entry)
            .collect()
    }

    async fn state(&self, requested: Option<Cursor>) -> Result<Kept, LogError> {
        let mut link = self.commands.link().await?;
        let info = info(&mut link, self.key).await;
        let Some(info) = self.commands.checked(&link, info).await? else {
            let nowhere = Cursor::default();
            return Ok(Kept {
                before_first: nowhere,
                first: None,
                last: nowhere,
                holds_requested: false,
            });
        };
        let last = cursor(&field::<String>(&info, "last-generated-id"))?;
        let first = match field::<usize>(&info, "length") {
            0 => None,
            _ => Some(cursor(&field::<String>(&info, "recorded-first-entry-id"))?),
        };
        let before_first = first.map_or(last, |first| before(first, &info));
        let holds_requested = match requested.filter(|cursor| cursor.epoch != last.epoch) {
            Some(cursor) => self.holds(&mut link, cursor).await?,
            None => false,
        };
        Ok(Kept {
            before_first,
            first,
            last,
            holds_requested,
        })
    }

    async fn holds(&self, link: &mut Link, cursor: Cursor) -> Result<bool, LogError> {
        let id = cursor.to_string();
        let mut range = cmd("XRANGE");
        range.arg(self.key).arg(&id).arg(&id);
        let reply: Result<StreamRangeReply, _> = range.query_async(&mut link.connection).await;
        Ok(!self.commands.checked(link, reply).await?.ids.is_empty())
    }

    async fn read(&self, after: Cursor) -> Result<Vec<Entry>, LogError> {
        let mut link = self.reads.link().await?;
        let mut read = cmd("XREAD");
        read.arg("BLOCK")
            .arg(u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX));
        read.arg("COUNT")
            .arg(PAGE)
            .arg("STREAMS")
            .arg(self.key)
            .arg(after.to_string());
        let reply: Result<Option<StreamReadReply>, _> =
            read.query_async(&mut link.connection).await;
        let streams = self
            .reads
            .checked(&link, reply)
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
        .map_err(|_| LogError(format!("Redis gave {id:?} as an id")))
}

fn entry(stored: &StreamId) -> Result<Entry, LogError> {
    let draft = Draft {
        event_type: stored.get("t").unwrap_or_default(),
        data: stored.get("d").unwrap_or_default(),
        to: stored.get("u"),
    };
    Ok(Entry {
        cursor: cursor(&stored.id)?,
        draft,
    })
}

impl EventLog for RedisLog {
    fn append(&self, draft: Draft) -> Answer<'_, Cursor> {
        async move { self.add(&draft).await }.boxed()
    }

    fn page(&self, after: Cursor, limit: usize) -> Answer<'_, Vec<Entry>> {
        self.range(after, limit).boxed()
    }

    fn kept(&self, requested: Option<Cursor>) -> Answer<'_, Kept> {
        self.state(requested).boxed()
    }

    fn follow(&self, after: Cursor) -> Answer<'_, Vec<Entry>> {
        self.read(after).boxed()
    }
}
