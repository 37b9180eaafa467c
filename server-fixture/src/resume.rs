//! Where a stream starts. A pure decision: the log's state goes in, the start comes out.
//!
//! No silent loss: whoever cannot be resumed exactly is told so by a gap, and never by an HTTP
//! error, which would end a native `EventSource` for good.

use serde::Serialize;

use crate::cursor::{Cursor, Requested};

/// What the log holds at the moment of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The place just before the first kept event: whoever stands here misses nothing.
    pub before_first: Cursor,
    /// The first event that is still kept; `None` when nothing is.
    pub first: Option<Cursor>,
    /// The newest event, or where it would be if the log is empty.
    pub last: Cursor,
    /// Whether the requested event itself is still kept. Only asked for a cursor of an older
    /// epoch, where arithmetic on sequences says nothing.
    pub holds_requested: bool,
}

/// What a client without a cursor gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstConnect {
    /// Events from now on.
    Live,
    /// All events that are kept, as the textbook's server does.
    Retained,
    /// The last so many events that are kept, then live: `tail -f` shows ten lines.
    Last(u64),
}

/// How a stream starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first event after this place, and nothing is missing.
    After(Cursor),
    /// With a gap, then with the first event after this place, which is the client's own where it is
    /// still kept.
    Gap(Cursor, Gap),
}

/// The data of a `gap` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The cursor as the client sent it.
    pub requested: String,
    /// The first event that the client will get, `null` if none is kept.
    pub first: Option<String>,
    /// How many events are lost, `null` if that cannot be known.
    pub missed: Option<u64>,
    /// Why.
    pub reason: Reason,
}

/// Why a stream could not go on where the client stood.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The events after the cursor are no longer kept.
    Trimmed,
    /// The cursor is newer than the log: the log lost its tail.
    Ahead,
    /// The cursor belongs to another life of the log.
    Epoch,
    /// The cursor is not one of this server's.
    Malformed,
    /// The client read so slowly that its place was trimmed while it was connected.
    Lag,
}

impl Reason {
    /// The word in the gap event and in the metrics.
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
pub fn decide(requested: &Requested, kept: &Kept, first_connect: FirstConnect) -> Start {
    match requested {
        Requested::Nothing => Start::After(first_visit(kept, first_connect)),
        Requested::Earliest => Start::After(kept.before_first),
        Requested::Malformed(_) => gap(requested, kept, None, Reason::Malformed),
        Requested::After(cursor) => resume(requested, *cursor, kept),
    }
}

fn first_visit(kept: &Kept, first_connect: FirstConnect) -> Cursor {
    match first_connect {
        FirstConnect::Live => kept.last,
        FirstConnect::Retained => kept.before_first,
        FirstConnect::Last(count) => {
            let seq = kept.last.seq.saturating_sub(count);
            Cursor { seq, ..kept.last }.max(kept.before_first)
        }
    }
}

fn resume(requested: &Requested, cursor: Cursor, kept: &Kept) -> Start {
    if cursor == kept.before_first || cursor == kept.last {
        return Start::After(cursor);
    }
    if cursor.epoch != kept.last.epoch {
        // What the older epoch held behind its last kept event, nobody knows any more.
        let place = match kept.holds_requested {
            true => cursor,
            false => kept.before_first,
        };
        return Start::Gap(place, gap_of(requested, kept, None, Reason::Epoch));
    }
    if cursor > kept.last {
        return gap(requested, kept, None, Reason::Ahead);
    }
    if cursor < kept.before_first {
        let missed = missed_between(cursor, kept.before_first);
        return gap(requested, kept, missed, Reason::Trimmed);
    }
    Start::After(cursor)
}

/// Exact within an epoch, because sequences are dense there; unknown across epochs.
#[must_use]
pub fn missed_between(cursor: Cursor, before_first: Cursor) -> Option<u64> {
    (cursor.epoch == before_first.epoch).then(|| before_first.seq.saturating_sub(cursor.seq))
}

fn gap(requested: &Requested, kept: &Kept, missed: Option<u64>, reason: Reason) -> Start {
    Start::Gap(kept.before_first, gap_of(requested, kept, missed, reason))
}

fn gap_of(requested: &Requested, kept: &Kept, missed: Option<u64>, reason: Reason) -> Gap {
    Gap {
        requested: requested.to_string(),
        first: kept.first.map(|first| first.to_string()),
        missed,
        reason,
    }
}
