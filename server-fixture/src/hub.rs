//! One ring of encoded frames per node, shared by all subscribers.
//!
//! A subscriber is a cursor into the ring, not a queue: nothing is stored per client, nobody waits
//! for a slow one, and behind the ring a client pages the log. The reader below is the only writer.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::cursor::{Cursor, Requested};
use crate::frame::{self, Event, FrameError};
use crate::log::{Draft, Entry, EventLog, LogError};
use crate::resume::{FirstConnect, Gap, Kept, Reason, Start, decide};
use crate::ring::{Frame, Ring};

/// Frames handed to a subscriber at once; more would only make one write larger.
const BATCH: usize = 256;

/// What comes after a cursor.
pub(crate) struct Batch {
    /// Set if events between the cursor and the frames are lost.
    pub(crate) gap: Option<Gap>,
    pub(crate) frames: Vec<Frame>,
}

/// The ring, the log behind it, and the newest cursor to wait on.
pub(crate) struct Hub {
    log: Arc<dyn EventLog>,
    ring: RwLock<Ring>,
    tail: watch::Sender<Cursor>,
    /// Whether the reader's last call succeeded; readiness and a metric follow it.
    connected: watch::Sender<bool>,
}

impl Hub {
    /// A hub over `log` whose ring holds `capacity` frames. [`Hub::read_on`] must run for it.
    pub(crate) async fn open(log: Arc<dyn EventLog>, capacity: usize) -> Result<Self, LogError> {
        let tail = log.kept(None).await?.last;
        let ring = RwLock::new(Ring::new(tail, capacity));
        let (tail, connected) = (watch::Sender::new(tail), watch::Sender::new(true));
        Ok(Self {
            log,
            ring,
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
        let frames: Vec<Frame> = entries.into_iter().filter_map(Frame::of).collect();
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.extend(frames);
        drop(ring);
        self.tail.send_replace(last);
    }

    /// Every change of the ring is a push or a pop: a panic cannot leave one half done.
    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
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
            Requested::After(cursor)
                if cursor.epoch == tail.epoch && *cursor <= tail && self.ring().holds(*cursor) =>
            {
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

    /// The next frames after `cursor`; empty means that there are none yet.
    pub(crate) async fn after(&self, cursor: Cursor) -> Result<Batch, LogError> {
        // The lock is not held over the call below.
        let found = self.ring().after(cursor, BATCH);
        match found {
            Some(frames) => Ok(Batch { gap: None, frames }),
            None => self.in_log(cursor).await,
        }
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
            frames: entries.into_iter().filter_map(Frame::of).collect(),
        })
    }

    /// A page that does not begin with the next id is either the start of another epoch, of which
    /// whoever comes from the one before was told at the beginning, or the log was trimmed past this
    /// reader while it was reading.
    async fn lag(&self, cursor: Cursor) -> Result<Option<Gap>, LogError> {
        let kept = self.log.kept(Some(cursor)).await?;
        match decide(&Requested::After(cursor), &kept, FirstConnect::Live) {
            Start::After(_) => Ok(None),
            Start::Gap(place, _) if place == cursor => Ok(None),
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

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Log(#[from] LogError),
}
