//! Decides where a stream starts. The decision is a pure function of the state of the log.
//!
//! Events are never lost silently. A client that cannot resume exactly gets a `gap` event. It does
//! not get an HTTP error, because an HTTP error ends a native `EventSource` permanently.

use serde::Serialize;

use super::cursor::{Cursor, Requested};

/// The range of events that the log stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetainedRange {
    /// The position just before the first stored event. A client at this position misses no event.
    pub before_first: Cursor,
    /// The first stored event. `None` if the log is empty.
    pub first: Option<Cursor>,
    /// The newest event, or the position before the next one if the log is empty.
    pub last: Cursor,
    /// Whether the requested event is still stored. Only set for a cursor of an older epoch, whose
    /// sequence cannot be compared.
    pub holds_requested: bool,
}

/// The start of a stream without a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstConnect {
    /// Events from now on.
    Live,
    /// All stored events, then new events.
    Retained,
    /// This number of stored events, then live: `tail -f` shows ten lines.
    Last(u64),
}

/// The start of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Starts after this position. No event is missing.
    After(Cursor),
    /// Reports a gap, then starts after this position. It is the client's own position if the event
    /// there is still stored.
    Gap(Cursor, Gap),
}

/// The data of a `gap` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The cursor as the client sent it.
    pub requested: String,
    /// The first event that the client will receive. `null` if the log is empty.
    pub first: Option<String>,
    /// The number of lost events. `null` if the number is unknown.
    pub missed: Option<u64>,
    /// The reason.
    pub reason: Reason,
}

/// The reason that a stream cannot continue at the client's position.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The events after the cursor were trimmed.
    Trimmed,
    /// The cursor is newer than the log: the log lost its last events.
    Ahead,
    /// The cursor belongs to another epoch of the log. A connected client gets this gap too.
    Epoch,
    /// This server never sent such a cursor.
    Malformed,
    /// The events after the client's position left the log while the client was connected.
    Lag,
}

impl Reason {
    /// Returns the name in the gap event and in the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::Ahead => "ahead",
            Self::Epoch => "epoch",
            Self::Malformed => "malformed",
            Self::Lag => "lag",
        }
    }
}

/// Decides where a stream starts.
#[must_use]
pub fn decide(
    requested: &Requested,
    retained: &RetainedRange,
    first_connect: FirstConnect,
) -> Start {
    match requested {
        Requested::Nothing => Start::After(first_visit(retained, first_connect)),
        Requested::Earliest => Start::After(retained.before_first),
        Requested::Malformed(_) => gap(requested, retained, None, Reason::Malformed),
        Requested::After(cursor) => resume(requested, *cursor, retained),
    }
}

fn first_visit(retained: &RetainedRange, first_connect: FirstConnect) -> Cursor {
    match first_connect {
        FirstConnect::Live => retained.last,
        FirstConnect::Retained => retained.before_first,
        FirstConnect::Last(count) => {
            let seq = retained.last.seq.saturating_sub(count);
            Cursor {
                seq,
                ..retained.last
            }
            .max(retained.before_first)
        }
    }
}

fn resume(requested: &Requested, cursor: Cursor, retained: &RetainedRange) -> Start {
    if cursor == retained.before_first || cursor == retained.last {
        return Start::After(cursor);
    }
    if cursor.epoch != retained.last.epoch {
        // The events after the last stored event of the older epoch are unknown.
        let position = match retained.holds_requested {
            true => cursor,
            false => retained.before_first,
        };
        return Start::Gap(position, gap_of(requested, retained, None, Reason::Epoch));
    }
    if cursor > retained.last {
        return gap(requested, retained, None, Reason::Ahead);
    }
    if cursor < retained.before_first {
        let missed = missed_between(cursor, retained.before_first);
        return gap(requested, retained, missed, Reason::Trimmed);
    }
    Start::After(cursor)
}

/// Returns the number of events between two cursors. Within an epoch sequences are consecutive.
/// Across epochs the number is unknown.
#[must_use]
pub fn missed_between(cursor: Cursor, before_first: Cursor) -> Option<u64> {
    (cursor.epoch == before_first.epoch).then(|| before_first.seq.saturating_sub(cursor.seq))
}

fn gap(
    requested: &Requested,
    retained: &RetainedRange,
    missed: Option<u64>,
    reason: Reason,
) -> Start {
    Start::Gap(
        retained.before_first,
        gap_of(requested, retained, missed, reason),
    )
}

fn gap_of(
    requested: &Requested,
    retained: &RetainedRange,
    missed: Option<u64>,
    reason: Reason,
) -> Gap {
    Gap {
        requested: requested.to_string(),
        first: retained.first.map(|first| first.to_string()),
        missed,
        reason,
    }
}
