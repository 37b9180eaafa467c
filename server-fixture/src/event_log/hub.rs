//! The newest events of a log, encoded once for all subscribers of a node.
//!
//! A subscriber is a cursor into the ring, not a queue. Memory does not grow with the number of
//! clients, and a slow client delays no other client. A client behind the ring reads the log in
//! pages. Only the reader task writes into the ring.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::cursor::{Cursor, Requested};
use super::resume::{FirstConnect, Gap, Reason, RetainedRange, Start, decide};
use super::ring::{EncodedEvent, Ring};
use super::{Draft, EventLog, LogEntry, LogError};
use crate::sse::encode::{EncodeError, Event, encode};

/// Most events that a subscriber gets at once. A larger batch only makes one write larger.
const BATCH: usize = 256;

/// The events after a cursor.
pub(crate) struct Batch {
    /// Set if events between the cursor and these events are lost.
    pub(crate) gap: Option<Gap>,
    pub(crate) events: Vec<EncodedEvent>,
}

/// The ring, its log, and the newest cursor.
pub(crate) struct Hub {
    log: Arc<dyn EventLog>,
    ring: RwLock<Ring>,
    tail: watch::Sender<Cursor>,
    /// Whether the last call of the reader succeeded. Readiness and a metric depend on it.
    connected: watch::Sender<bool>,
}

impl Hub {
    /// Returns a hub over `log` with a ring of `capacity` events. [`Hub::run_reader`] must run.
    pub(crate) async fn open(log: Arc<dyn EventLog>, capacity: usize) -> Result<Self, LogError> {
        let tail = log.retained(None).await?.last;
        let ring = RwLock::new(Ring::new(tail, capacity));
        let (tail, connected) = (watch::Sender::new(tail), watch::Sender::new(true));
        Ok(Self {
            log,
            ring,
            tail,
            connected,
        })
    }

    /// Copies new events from the log into the ring until the task is dropped. After an error it
    /// waits for the log and continues from its cursor.
    pub(crate) async fn run_reader(&self) {
        loop {
            let position = *self.tail.borrow();
            match self.log.follow(position).await {
                Ok(entries) => self.store(entries),
                Err(error) => {
                    tracing::warn!(%error, "The event log cannot be read. The reader retries.");
                    self.connected.send_replace(false);
                    self.wait_for_log().await;
                    self.connected.send_replace(true);
                    tracing::info!(after = %position, "The event log can be read again");
                }
            }
        }
    }

    async fn wait_for_log(&self) {
        let mut pause = Duration::from_millis(50);
        while self.log.retained(None).await.is_err() {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    fn store(&self, entries: Vec<LogEntry>) {
        let Some(last) = entries.last().map(|entry| entry.cursor) else {
            return;
        };
        let events = entries.into_iter().filter_map(EncodedEvent::from_entry);
        let events: Vec<EncodedEvent> = events.collect();
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.extend(events);
        drop(ring);
        self.tail.send_replace(last);
    }

    /// Locks the ring for reading. Each change is one push or pop, so a poisoned lock is usable.
    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Validates and stores an event, and returns its id.
    pub(crate) async fn publish(&self, draft: Draft) -> Result<Cursor, PublishError> {
        let Draft {
            event_type, data, ..
        } = &draft;
        encode(&Event {
            id: None,
            event_type,
            data,
        })?;
        Ok(self.log.append(draft).await?)
    }

    /// Returns the start of a new stream. A recent cursor needs only the ring. A thousand clients can
    /// thus reconnect at once, or while the log is unavailable.
    pub(crate) async fn find_start(
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
            &self.retained_for(requested).await?,
            first_connect,
        ))
    }

    async fn retained_for(&self, requested: &Requested) -> Result<RetainedRange, LogError> {
        let cursor = match requested {
            Requested::After(cursor) => Some(*cursor),
            _ => None,
        };
        self.log.retained(cursor).await
    }

    /// Returns the next events after `cursor`. The batch is empty if there are none yet.
    pub(crate) async fn after(&self, cursor: Cursor) -> Result<Batch, LogError> {
        // A separate statement releases the lock before the `await` below.
        let found = self.ring().after(cursor, BATCH);
        match found {
            Some(events) => Ok(Batch { gap: None, events }),
            None => self.read_log(cursor).await,
        }
    }

    async fn read_log(&self, cursor: Cursor) -> Result<Batch, LogError> {
        let entries = self.log.page(cursor, BATCH).await?;
        let next = Cursor {
            seq: cursor.seq + 1,
            ..cursor
        };
        let gap = match entries.first() {
            Some(entry) if entry.cursor == next => None,
            _ => self.lag_gap(cursor).await?,
        };
        Ok(Batch {
            gap,
            events: entries
                .into_iter()
                .filter_map(EncodedEvent::from_entry)
                .collect(),
        })
    }

    /// Returns the gap before a page that does not begin with the next id. There are two cases:
    /// - A new epoch began. The client was informed when the stream opened.
    /// - The log was trimmed past this reader. The gap has the reason `lag`.
    async fn lag_gap(&self, cursor: Cursor) -> Result<Option<Gap>, LogError> {
        let retained = self.log.retained(Some(cursor)).await?;
        match decide(&Requested::After(cursor), &retained, FirstConnect::Live) {
            Start::After(_) => Ok(None),
            Start::Gap(position, _) if position == cursor => Ok(None),
            Start::Gap(_, gap) => Ok(Some(Gap {
                reason: Reason::Lag,
                ..gap
            })),
        }
    }

    /// Returns a receiver that changes when the ring grows.
    pub(crate) fn tail(&self) -> watch::Receiver<Cursor> {
        self.tail.subscribe()
    }

    /// Returns whether the log can be read.
    pub(crate) fn is_connected(&self) -> bool {
        *self.connected.borrow()
    }
}

/// The reason that an event was not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Log(#[from] LogError),
}
