//! One ring of encoded frames per node, shared by all subscribers.
//!
//! A subscriber is a cursor into the ring, not a queue: nothing is stored per client, nobody waits
//! for a slow one, and behind the ring a client pages the log. The reader below is the only writer.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::cursor::{Cursor, Requested};
use crate::frame::{self, Event, FrameError};
use crate::log::{Draft, Entry, EventLog, LogError};
use crate::resume::{FirstConnect, Gap, Kept, Reason, Start, decide};

/// Frames handed to a subscriber at once; more would only make one write larger.
const BATCH: usize = 256;

/// An encoded event and what is needed to decide who may see it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) cursor: Cursor,
    pub(crate) event_type: Arc<str>,
    pub(crate) to: Option<Arc<str>>,
    pub(crate) bytes: Bytes,
}

impl Frame {
    fn encode(entry: Entry) -> Result<Self, FrameError> {
        let id = entry.cursor.to_string();
        let Draft {
            event_type,
            data,
            to,
        } = entry.draft;
        let bytes = frame::encode(&Event {
            id: Some(&id),
            event_type: &event_type,
            data: &data,
        })?;
        let to = to.map(Arc::from);
        Ok(Self {
            cursor: entry.cursor,
            event_type: Arc::from(event_type),
            to,
            bytes,
        })
    }
}

/// What comes after a cursor.
pub(crate) struct Batch {
    /// Set if events between the cursor and the frames are lost.
    pub(crate) gap: Option<Gap>,
    pub(crate) frames: Vec<Frame>,
}

struct Ring {
    frames: VecDeque<Frame>,
    /// Whoever stands here or later is served from the ring; earlier, from the log.
    floor: Cursor,
}

/// The ring, the log behind it, and the newest cursor to wait on.
pub(crate) struct Hub {
    log: Arc<dyn EventLog>,
    ring: RwLock<Ring>,
    capacity: usize,
    tail: watch::Sender<Cursor>,
    /// Whether the reader's last call succeeded; readiness and a metric follow it.
    connected: watch::Sender<bool>,
}

impl Hub {
    /// A hub over `log` whose ring holds `capacity` frames. [`Hub::read_on`] must run for it.
    pub(crate) async fn open(log: Arc<dyn EventLog>, capacity: usize) -> Result<Self, LogError> {
        let tail = log.kept(None).await?.last;
        let ring = RwLock::new(Ring {
            frames: VecDeque::new(),
            floor: tail,
        });
        let (tail, connected) = (watch::Sender::new(tail), watch::Sender::new(true));
        Ok(Self {
            log,
            ring,
            capacity: capacity.max(1),
            tail,
            connected,
        })
    }

    /// The reader: fills the ring from the log for ever. The log away is no reason to stop, it
    /// goes on from its cursor when the log is back.
    pub(crate) async fn read_on(&self) {
        loop {
            let position = *self.tail.borrow();
            match self.log.follow(position).await {
                Ok(entries) => self.store(entries),
                Err(error) => {
                    tracing::warn!(%error, "the reader lost the event log");
                    self.connected.send_replace(false);
                    self.until_back().await;
                    self.connected.send_replace(true);
                    tracing::info!(after = %position, "the reader is back at the event log");
                }
            }
        }
    }

    async fn until_back(&self) {
        let mut pause = Duration::from_millis(50);
        while self.log.kept(None).await.is_err() {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    fn store(&self, entries: Vec<Entry>) {
        let Some(last) = entries.last().map(|entry| entry.cursor) else {
            return;
        };
        let frames = entries.into_iter().filter_map(encode_or_report);
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.frames.extend(frames);
        while ring.frames.len() > self.capacity {
            if let Some(frame) = ring.frames.pop_front() {
                ring.floor = frame.cursor;
            }
        }
        drop(ring);
        self.tail.send_replace(last);
    }

    /// Validates, stores and gives the id.
    pub(crate) async fn publish(&self, draft: Draft) -> Result<Cursor, PublishError> {
        let Draft {
            event_type, data, ..
        } = &draft;
        frame::encode(&Event {
            id: None,
            event_type,
            data,
        })?;
        Ok(self.log.append(draft).await?)
    }

    /// Decides where a new stream starts. The ring answers for those who were away shortly, so
    /// that a thousand clients coming back at once, or a log that is away, cost no log access.
    pub(crate) async fn place(
        &self,
        requested: &Requested,
        first_connect: FirstConnect,
    ) -> Result<Start, LogError> {
        let tail = *self.tail.borrow();
        match requested {
            Requested::Nothing if first_connect == FirstConnect::Live => {
                return Ok(Start::After(tail));
            }
            Requested::After(cursor) if *cursor <= tail && self.ring_holds(*cursor) => {
                return Ok(Start::After(*cursor));
            }
            _ => {}
        }
        Ok(decide(
            requested,
            &self.kept_for(requested).await?,
            first_connect,
        ))
    }

    async fn kept_for(&self, requested: &Requested) -> Result<Kept, LogError> {
        let cursor = match requested {
            Requested::After(cursor) => Some(*cursor),
            _ => None,
        };
        self.log.kept(cursor).await
    }

    fn ring_holds(&self, cursor: Cursor) -> bool {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let known = |frame: &Frame| frame.cursor.cmp(&cursor);
        cursor == ring.floor || ring.frames.binary_search_by(known).is_ok()
    }

    /// The next frames after `cursor`; empty means that there are none yet.
    pub(crate) async fn after(&self, cursor: Cursor) -> Result<Batch, LogError> {
        match self.in_ring(cursor) {
            Some(frames) => Ok(Batch { gap: None, frames }),
            None => self.in_log(cursor).await,
        }
    }

    fn in_ring(&self, cursor: Cursor) -> Option<Vec<Frame>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        if cursor < ring.floor {
            return None;
        }
        let start = ring.frames.partition_point(|frame| frame.cursor <= cursor);
        Some(ring.frames.range(start..).take(BATCH).cloned().collect())
    }

    async fn in_log(&self, cursor: Cursor) -> Result<Batch, LogError> {
        let entries = self.log.page(cursor, BATCH).await?;
        let next = Cursor {
            seq: cursor.seq + 1,
            ..cursor
        };
        let gap = match entries.first() {
            Some(entry) if entry.cursor == next => None,
            _ => self.lag(cursor).await?,
        };
        Ok(Batch {
            gap,
            frames: entries.into_iter().filter_map(encode_or_report).collect(),
        })
    }

    /// A page that does not begin with the next id is either the start of another epoch, which is
    /// no loss, or the log was trimmed past this reader while it was reading.
    async fn lag(&self, cursor: Cursor) -> Result<Option<Gap>, LogError> {
        let kept = self.log.kept(Some(cursor)).await?;
        match decide(&Requested::After(cursor), &kept, FirstConnect::Live) {
            Start::After(_) => Ok(None),
            Start::Gap(_, gap) => Ok(Some(Gap {
                reason: Reason::Lag,
                ..gap
            })),
        }
    }

    /// Changes whenever the ring has grown.
    pub(crate) fn tail(&self) -> watch::Receiver<Cursor> {
        self.tail.subscribe()
    }

    /// Whether the log answers.
    pub(crate) fn is_connected(&self) -> bool {
        *self.connected.borrow()
    }
}

/// A foreign writer may put into a shared log what cannot be framed; the reader must survive it.
fn encode_or_report(entry: Entry) -> Option<Frame> {
    let cursor = entry.cursor;
    let report = |error| tracing::error!(%cursor, %error, "an entry of the log cannot be framed");
    Frame::encode(entry).map_err(report).ok()
}

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Log(#[from] LogError),
}
