//! The newest events of a log, encoded once for all subscribers.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::cursor::Cursor;
use super::{Draft, LogEntry};
use crate::sse::encode::{self, EncodeError, Event};

/// An encoded event, with the values that a filter needs.
#[derive(Clone, Debug)]
pub(crate) struct EncodedEvent {
    pub(crate) cursor: Cursor,
    pub(crate) event_type: Arc<str>,
    pub(crate) to: Option<Arc<str>>,
    pub(crate) bytes: Bytes,
}

impl EncodedEvent {
    /// Encodes an entry. Another program may write an invalid entry into a shared log, which is
    /// logged and skipped.
    pub(super) fn from_entry(entry: LogEntry) -> Option<Self> {
        let cursor = entry.cursor;
        let report = |error| tracing::error!(%cursor, %error, "An entry of the log was skipped");
        Self::encode(entry).map_err(report).ok()
    }

    fn encode(entry: LogEntry) -> Result<Self, EncodeError> {
        let id = entry.cursor.to_string();
        let Draft {
            event_type,
            data,
            to,
        } = entry.draft;
        let bytes = encode::encode(&Event {
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

/// The events, oldest first.
pub(super) struct Ring {
    events: VecDeque<EncodedEvent>,
    /// The ring holds all events after this cursor. Earlier events are only in the log.
    floor: Cursor,
    capacity: usize,
}

impl Ring {
    /// Returns an empty ring for the events after `floor`. It holds `capacity` events, at least one.
    pub(super) fn new(floor: Cursor, capacity: usize) -> Self {
        Self {
            events: VecDeque::new(),
            floor,
            capacity: capacity.max(1),
        }
    }

    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = EncodedEvent>) {
        self.events.extend(events);
        while self.events.len() > self.capacity {
            if let Some(event) = self.events.pop_front() {
                self.floor = event.cursor;
            }
        }
    }

    /// Returns whether the ring holds all events after `cursor`, and `cursor` is a known position.
    pub(super) fn holds(&self, cursor: Cursor) -> bool {
        let compare = |event: &EncodedEvent| event.cursor.cmp(&cursor);
        cursor == self.floor || self.events.binary_search_by(compare).is_ok()
    }

    /// Returns up to `limit` events after `cursor`. `None` means that they are only in the log.
    pub(super) fn after(&self, cursor: Cursor, limit: usize) -> Option<Vec<EncodedEvent>> {
        if cursor < self.floor {
            return None;
        }
        let start = self.events.partition_point(|event| event.cursor <= cursor);
        Some(self.events.range(start..).take(limit).cloned().collect())
    }
}
