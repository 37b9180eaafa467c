//! The newest events of a log, encoded once for all subscribers.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::cursor::Cursor;
use super::{Draft, LogEntry};
use crate::encode::{self, EncodeError, Event};

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
    /// The encoded bytes of all events.
    bytes: usize,
    capacity: usize,
    max_bytes: usize,
}

impl Ring {
    /// Returns an empty ring for the events after `floor`. It holds at most `capacity` events and
    /// `max_bytes`, but at least one event.
    pub(super) fn new(floor: Cursor, capacity: usize, max_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            floor,
            head: floor,
            bytes: 0,
            capacity,
            max_bytes,
        }
    }

    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = EncodedEvent>) {
        for event in events {
            self.bytes += event.bytes.len();
            self.events.push_back(event);
        }
        if let Some(last) = self.events.back() {
            self.head = self.head.max(last.cursor);
        }
        while self.events.len() > 1
            && (self.events.len() > self.capacity || self.bytes > self.max_bytes)
        {
            if let Some(event) = self.events.pop_front() {
                self.bytes -= event.bytes.len();
                self.floor = event.cursor;
            }
        }
    }

    /// Moves the newest position past ids that the log does not hold.
    pub(super) fn jump(&mut self, head: Cursor) {
        self.head = head;
    }

    /// Returns the mean size of an event in bytes, if there is an event.
    pub(super) fn mean_size(&self) -> Option<usize> {
        self.bytes.checked_div(self.events.len())
    }

    /// Returns whether the ring holds all events after `cursor`, and `cursor` is a known position.
    pub(super) fn holds(&self, cursor: Cursor) -> bool {
        let compare = |event: &EncodedEvent| event.cursor.cmp(&cursor);
        let is_end = cursor == self.floor || cursor == self.head;
        is_end || self.events.binary_search_by(compare).is_ok()
    }

    /// Returns up to `limit` events after `cursor` that fit into `max_bytes`, and at least one. `None`
    /// means that only the log can tell what follows: older events, or a gap.
    pub(super) fn after(
        &self,
        cursor: Cursor,
        limit: usize,
        max_bytes: usize,
    ) -> Option<Vec<EncodedEvent>> {
        if cursor < self.floor {
            return None;
        }
        let start = self.events.partition_point(|event| event.cursor <= cursor);
        let newer = self.events.range(start..).take(limit);
        let events = take_fitting(without_jump(cursor, newer).cloned(), max_bytes);
        let is_at_head = cursor == self.head;
        (!events.is_empty() || is_at_head).then_some(events)
    }
}

/// Returns the first events that fit into `max_bytes`, and at least one.
pub(super) fn take_fitting(
    events: impl Iterator<Item = EncodedEvent>,
    max_bytes: usize,
) -> Vec<EncodedEvent> {
    let mut bytes = 0;
    events
        .take_while(|event| {
            let is_first = bytes == 0;
            bytes += event.bytes.len();
            is_first || bytes <= max_bytes
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, size: usize) -> EncodedEvent {
        EncodedEvent {
            cursor: Cursor { epoch: 1, seq },
            event_type: Arc::from(""),
            to: None,
            bytes: Bytes::from(vec![b'x'; size]),
        }
    }

    fn seqs(events: Option<Vec<EncodedEvent>>) -> Option<Vec<u64>> {
        events.map(|events| events.iter().map(|event| event.cursor.seq).collect())
    }

    #[test]
    fn ring_and_batches_are_limited_in_bytes_but_hold_one_event() {
        let floor = Cursor { epoch: 1, seq: 0 };
        let mut ring = Ring::new(floor, 100, 1000);
        ring.extend((1..=5).map(|seq| event(seq, 300)));
        let after = |ring: &Ring, seq, bytes| seqs(ring.after(Cursor { epoch: 1, seq }, 9, bytes));
        assert_eq!(after(&ring, 1, 1000), None);
        assert_eq!(after(&ring, 2, 1000), Some(vec![3, 4, 5]));
        assert_eq!(after(&ring, 2, 600), Some(vec![3, 4]));
        assert_eq!(after(&ring, 2, 10), Some(vec![3]));
        ring.extend([event(6, 5000)]);
        assert_eq!(after(&ring, 5, 10), Some(vec![6]));
        assert_eq!(after(&ring, 4, 10), None);
    }
}
