//! The newest events of a log, encoded once for all subscribers of a node.
//!
//! A subscriber is a cursor into the ring, not a queue. Memory does not grow with the number of
//! clients, and a slow client delays no other client. A client behind the ring reads the log in
//! pages. Only the reader task writes into the ring.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use super::cursor::{Cursor, Requested};
use super::resume::{FirstConnect, Gap, Reason, RetainedRange, Start, decide, missed_between};
use super::ring::{EncodedEvent, Ring, take_fitting, without_jump};
use super::{Draft, EventLog, LogEntry, LogError};
use crate::encode::{EncodeError, Event, encode};

/// Most events that a subscriber gets at once. A larger batch only makes one write larger.
const BATCH: usize = 256;

/// Most bytes of a batch of more than one event. They are copied into one write. A larger event is a
/// batch of its own, whose bytes all subscribers share.
const BATCH_BYTES: usize = 32 * 1024;

/// Most bytes of the ring.
const RING_BYTES: usize = 32 * 1024 * 1024;

/// Subscribers that read the log at the same time. Each holds a page until it has chosen a batch.
const LOG_READERS: usize = 8;

/// The longest wait for the other readers of the log. The subscriber then retries.
const LOG_READER_TIMEOUT: Duration = Duration::from_millis(500);

/// Most events that the ring reads at once.
const PAGE: usize = 1024;

/// The interval between two checks of the log's identity, however busy the log is.
const VERIFY_INTERVAL: Duration = Duration::from_secs(1);

/// The interval between two attempts to write into a log that refused a write.
const TEST_WRITE_INTERVAL: Duration = Duration::from_millis(500);

/// The time for which readiness fails after the log changed its identity. A load balancer that
/// checks every few seconds must notice it.
const ALARM: Duration = Duration::from_secs(5);

/// The events after a cursor.
pub(crate) struct Batch {
    /// Set if events between the cursor and `start` are lost.
    pub(crate) gap: Option<Gap>,
    /// The position before the events. It differs from the cursor only after a gap.
    pub(crate) start: Cursor,
    pub(crate) events: Vec<EncodedEvent>,
}

impl Batch {
    /// Returns the position after the events.
    pub(crate) fn end(&self) -> Cursor {
        self.events.last().map_or(self.start, |event| event.cursor)
    }
}

/// The ring, its log, and the newest cursor.
pub(crate) struct Hub {
    log: Arc<dyn EventLog>,
    ring: RwLock<Ring>,
    tail: watch::Sender<Cursor>,
    /// Limits the memory of subscribers that are behind the ring.
    log_readers: Semaphore,
    /// Whether the last call of the reader succeeded.
    readable: watch::Sender<bool>,
    /// Whether the last write succeeded.
    writable: watch::Sender<bool>,
    /// The end of the alarm after a change of the log's identity.
    alarm_ends: Mutex<Option<Instant>>,
}

impl Hub {
    /// Returns a hub over `log` with a ring of `capacity` events. [`Hub::run_reader`] must run.
    pub(crate) async fn open(log: Arc<dyn EventLog>, capacity: usize) -> Result<Self, LogError> {
        let tail = log.verify().await?;
        Ok(Self {
            log,
            ring: RwLock::new(Ring::new(tail, capacity, RING_BYTES)),
            tail: watch::Sender::new(tail),
            log_readers: Semaphore::new(LOG_READERS),
            readable: watch::Sender::new(true),
            writable: watch::Sender::new(true),
            alarm_ends: Mutex::default(),
        })
    }

    /// Copies new events from the log into the ring until the task is dropped. After an error it
    /// waits for the log and continues from its cursor.
    pub(crate) async fn run_reader(&self) {
        tokio::join!(self.read_forever(), self.test_writing_after_errors());
    }

    async fn read_forever(&self) {
        let mut verified_at = Instant::now();
        let mut pause = Duration::ZERO;
        loop {
            match self.read_once(&mut verified_at).await {
                Ok(()) => {
                    pause = Duration::ZERO;
                    if !self.readable.send_replace(true) {
                        tracing::info!(after = %self.position(), "The event log can be read again");
                    }
                }
                Err(error) => {
                    if self.readable.send_replace(false) {
                        tracing::error!(%error, "The event log cannot be read. The reader retries.");
                    }
                    pause = (pause * 2).clamp(Duration::from_millis(50), Duration::from_secs(1));
                    sleep(pause).await;
                }
            }
        }
    }

    async fn read_once(&self, verified_at: &mut Instant) -> Result<(), LogError> {
        if !*self.readable.borrow() {
            self.verify().await?;
        }
        let entries = self.log.follow(self.position()).await?;
        let is_idle = entries.is_empty();
        self.store(entries);
        if is_idle || verified_at.elapsed() >= VERIFY_INTERVAL {
            self.verify().await?;
            *verified_at = Instant::now();
        }
        Ok(())
    }

    /// Checks the identity of the log. Events that it no longer holds become a gap.
    async fn verify(&self) -> Result<(), LogError> {
        let last = self.log.verify().await?;
        let position = self.position();
        if last <= position {
            return Ok(());
        }
        let entries = self.log.page(position, PAGE).await?;
        if !entries.is_empty() {
            self.store(entries);
            return Ok(());
        }
        self.report_jump(position, last);
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.jump(last);
        drop(ring);
        self.tail.send_replace(last);
        Ok(())
    }

    fn position(&self) -> Cursor {
        *self.tail.borrow()
    }

    fn store(&self, entries: Vec<LogEntry>) {
        let Some(last) = entries.last().map(|entry| entry.cursor) else {
            return;
        };
        let mut position = self.position();
        for entry in &entries {
            if !position.precedes(entry.cursor) {
                self.report_jump(position, entry.cursor);
            }
            position = entry.cursor;
        }
        let events: Vec<EncodedEvent> = entries.into_iter().map(EncodedEvent::from_entry).collect();
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.extend(events);
        drop(ring);
        self.tail.send_replace(last);
    }

    /// Reports that the log does not continue at `from`. A new epoch also starts the alarm.
    fn report_jump(&self, from: Cursor, to: Cursor) {
        if from.epoch == to.epoch {
            tracing::warn!(%from, %to, "Events left the log before this node read them. Raise `--keep`.");
            return;
        }
        tracing::error!(%from, %to, "The event log began a new epoch. Every client gets a `gap`.");
        let mut alarm = self
            .alarm_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *alarm = Some(Instant::now() + ALARM);
    }

    /// Writes into a log that refused a write, until the log accepts writes again.
    async fn test_writing_after_errors(&self) {
        let mut writable = self.writable.subscribe();
        // `wait_for` fails only without a sender, and the sender is in `self`.
        while writable.wait_for(|writable| !writable).await.is_ok() {
            sleep(TEST_WRITE_INTERVAL).await;
            let result = self.log.test_write().await;
            self.set_writable(result.err().as_ref());
        }
    }

    /// Records the result of a write. Logs a change.
    fn set_writable(&self, error: Option<&LogError>) {
        let was_writable = self.writable.send_replace(error.is_none());
        match error {
            Some(error) if was_writable => {
                tracing::error!(%error, "The event log cannot be written. The server retries.");
            }
            None if !was_writable => tracing::info!("The event log can be written again"),
            _ => {}
        }
    }

    /// Locks the ring for reading. No change of the ring panics halfway, so a poisoned lock is usable.
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
        let result = self.log.append(draft).await;
        self.set_writable(result.as_ref().err());
        Ok(result?)
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
        let found = self.ring().after(cursor, BATCH, BATCH_BYTES);
        match found {
            Some(events) => Ok(Batch {
                gap: None,
                start: cursor,
                events,
            }),
            None => self.read_log(cursor).await,
        }
    }

    async fn read_log(&self, cursor: Cursor) -> Result<Batch, LogError> {
        let reading = timeout(LOG_READER_TIMEOUT, self.log_readers.acquire()).await;
        let _reading = reading.map_err(|_| LogError("too many streams read it".to_owned()))?;
        let entries = self.log.page(cursor, self.page_limit()).await?;
        if entries
            .first()
            .is_some_and(|entry| cursor.precedes(entry.cursor))
        {
            return Ok(batch(None, cursor, entries));
        }
        // Read again after `retained`: an event may have been appended since the first page.
        let retained = self.log.retained(Some(cursor)).await?;
        let entries = self.log.page(cursor, self.page_limit()).await?;
        let first = entries.first().map(|entry| entry.cursor);
        let start = first.map_or(retained.last, Cursor::before);
        let gap = (start > cursor).then(|| gap(cursor, start, first));
        Ok(batch(gap, start.max(cursor), entries))
    }

    /// Returns the number of events that a page of the log may have. The sizes of the events in the
    /// log are unknown, but probably like those in the ring.
    fn page_limit(&self) -> usize {
        match self.ring().mean_size() {
            Some(size) => (BATCH_BYTES / size.max(1)).clamp(1, BATCH),
            None => 16,
        }
    }

    /// Returns a receiver that changes when the ring grows.
    pub(crate) fn tail(&self) -> watch::Receiver<Cursor> {
        self.tail.subscribe()
    }

    /// Returns the reason that this node is not ready, if there is one.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let alarm_ends = *self
            .alarm_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !*self.readable.borrow() {
            Some("The event log cannot be read. Retry in 1 s.")
        } else if !*self.writable.borrow() {
            Some("The event log cannot be written. Retry in 1 s.")
        } else if alarm_ends.is_some_and(|end| Instant::now() < end) {
            Some("The event log lost events and began a new epoch. Retry in 5 s.")
        } else {
            None
        }
    }
}

/// Returns the events from `start` to the first missing id. A later batch reports the missing ids.
fn batch(gap: Option<Gap>, start: Cursor, entries: Vec<LogEntry>) -> Batch {
    let events = entries.into_iter().map(EncodedEvent::from_entry);
    Batch {
        gap,
        start,
        events: take_fitting(without_jump(start, events), BATCH_BYTES),
    }
}

/// Returns the gap of a connected client. Its reason is one of two:
/// - `epoch`: a new epoch began, because the store was changed or may have lost events.
/// - `lag`: the events left the log before the client read them.
fn gap(cursor: Cursor, start: Cursor, first: Option<Cursor>) -> Gap {
    Gap {
        requested: cursor.to_string(),
        first: first.map(|first| first.to_string()),
        missed: missed_between(cursor, start),
        reason: match cursor.epoch == start.epoch {
            true => Reason::Lag,
            false => Reason::Epoch,
        },
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
