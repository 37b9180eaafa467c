//! The newest events of a log, encoded once for all subscribers.

use std::borrow::Borrow;
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
    /// Encodes an entry. Another program may write an invalid entry into a shared log. Such an entry
    /// is logged and becomes an event without bytes, which keeps its place in the order of ids.
    pub(super) fn from_entry(entry: LogEntry) -> Self {
        let cursor = entry.cursor;
        Self::encode(entry).unwrap_or_else(|error| {
            tracing::error!(%cursor, %error, "An entry of the log was skipped");
            Self {
                cursor,
                event_type: Arc::from(""),
                to: None,
                bytes: Bytes::new(),
            }
        })
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

/// Returns the events that directly follow `cursor` and each other, up to the first missing id.
pub(super) fn without_jump<'a, E: Borrow<EncodedEvent> + 'a>(
    cursor: Cursor,
    events: impl Iterator<Item = E> + 'a,
) -> impl Iterator<Item = E> + 'a {
    let mut position = cursor;
    events.take_while(move |event| {
        let next = event.borrow().cursor;
        let follows = position.precedes(next);
        position = next;
        follows
    })
}

/// The events, oldest first. Where the log lost events, ids are missing between two events.
pub(super) struct Ring {
    events: VecDeque<EncodedEvent>,
    /// The ring holds all events after this cursor. Earlier events are only in the log.
    floor: Cursor,
    /// The newest position. It is after the last event if the log began a new epoch since.
    head: Cursor,
    capacity: usize,
}

impl Ring {
    /// Returns an empty ring for the events after `floor`. It holds `capacity` events, at least one.
    pub(super) fn new(floor: Cursor, capacity: usize) -> Self {
        Self {
            events: VecDeque::new(),
            floor,
            head: floor,
            capacity: capacity.max(1),
        }
    }

    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = EncodedEvent>) {
        self.events.extend(events);
        if let Some(last) = self.events.back() {
            self.head = self.head.max(last.cursor);
        }
        while self.events.len() > self.capacity {
            if let Some(event) = self.events.pop_front() {
                self.floor = event.cursor;
            }
        }
    }

    /// Moves the newest position past ids that the log does not hold.
    pub(super) fn jump(&mut self, head: Cursor) {
        self.head = head;
    }

    /// Returns whether the ring holds all events after `cursor`, and `cursor` is a known position.
    pub(super) fn holds(&self, cursor: Cursor) -> bool {
        let compare = |event: &EncodedEvent| event.cursor.cmp(&cursor);
        let is_end = cursor == self.floor || cursor == self.head;
        is_end || self.events.binary_search_by(compare).is_ok()
    }

    /// Returns up to `limit` events after `cursor`. `None` means that only the log can tell what
    /// follows: older events, or a gap.
    pub(super) fn after(&self, cursor: Cursor, limit: usize) -> Option<Vec<EncodedEvent>> {
        if cursor < self.floor {
            return None;
        }
        let start = self.events.partition_point(|event| event.cursor <= cursor);
        let newer = self.events.range(start..).take(limit);
        let events: Vec<EncodedEvent> = without_jump(cursor, newer).cloned().collect();
        let is_at_head = cursor == self.head;
        (!events.is_empty() || is_at_head).then_some(events)
    }
}
