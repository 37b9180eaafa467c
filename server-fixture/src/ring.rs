//! The last events of the log as encoded frames, each encoded once for all subscribers.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::cursor::Cursor;
use crate::frame::{self, Event, FrameError};
use crate::log::{Draft, Entry};

/// An encoded event and what is needed to decide who may see it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) cursor: Cursor,
    pub(crate) event_type: Arc<str>,
    pub(crate) to: Option<Arc<str>>,
    pub(crate) bytes: Bytes,
}

impl Frame {
    /// A foreign writer may put into a shared log what cannot be framed; the reader survives it.
    pub(crate) fn of(entry: Entry) -> Option<Self> {
        let cursor = entry.cursor;
        let report =
            |error| tracing::error!(%cursor, %error, "an entry of the log cannot be framed");
        Self::encode(entry).map_err(report).ok()
    }

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

/// The frames, oldest first.
pub(crate) struct Ring {
    frames: VecDeque<Frame>,
    /// Whoever stands here or later is served from the ring; earlier, from the log.
    floor: Cursor,
    capacity: usize,
}

impl Ring {
    /// An empty ring for what comes after `floor`, of at most `capacity` frames, at least one.
    pub(crate) fn new(floor: Cursor, capacity: usize) -> Self {
        Self {
            frames: VecDeque::new(),
            floor,
            capacity: capacity.max(1),
        }
    }

    pub(crate) fn extend(&mut self, frames: impl IntoIterator<Item = Frame>) {
        self.frames.extend(frames);
        while self.frames.len() > self.capacity {
            if let Some(frame) = self.frames.pop_front() {
                self.floor = frame.cursor;
            }
        }
    }

    /// Whether `cursor` is a place in the ring.
    pub(crate) fn holds(&self, cursor: Cursor) -> bool {
        let known = |frame: &Frame| frame.cursor.cmp(&cursor);
        cursor == self.floor || self.frames.binary_search_by(known).is_ok()
    }

    /// Up to `limit` frames after `cursor`, `None` if only the log knows what comes after it.
    pub(crate) fn after(&self, cursor: Cursor, limit: usize) -> Option<Vec<Frame>> {
        if cursor < self.floor {
            return None;
        }
        let start = self.frames.partition_point(|frame| frame.cursor <= cursor);
        Some(self.frames.range(start..).take(limit).cloned().collect())
    }
}
