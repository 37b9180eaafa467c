//! The tables of a log file.

use redb::{Database, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::Failure;
use crate::event_log::cursor::Cursor;
use crate::event_log::epoch::new_epoch;
use crate::event_log::resume::RetainedRange;
use crate::event_log::revocations::Revocation;
use crate::event_log::{Draft, LogEntry};

/// Epoch, sequence → event type, recipient, data. The recipient is `@` and the name, or empty for
/// all users.
const EVENTS: TableDefinition<'_, (u64, u64), (&str, &str, &str)> =
    TableDefinition::new("events by epoch");
/// `epoch`, and `last`: the newest sequence, which trimming does not change.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
/// Id of a revoked token → its expiry in Unix seconds.
const REVOKED: TableDefinition<'_, &str, u64> = TableDefinition::new("revoked tokens");

/// The value of a write test. The table is empty except during the test.
const WRITE_TEST: TableDefinition<'_, (), &[u8]> = TableDefinition::new("write test");
/// The size of that value: the default limit of a request body.
const WRITE_TEST_SIZE: usize = 64 * 1024;

/// The history that the file must continue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// The newest id that was assigned. `None` if it is unknown.
    pub(super) newest: Option<Cursor>,
    /// Whether this is the file that was open before. `None` if no file was open before.
    pub(super) is_same_file: Option<bool>,
}

/// Creates the tables. Begins a new epoch if the file does not continue the expected history, and
/// then returns the reason too. Returns the newest id.
pub(super) fn prepare(
    database: &Database,
    expected: Expected,
) -> Result<(Cursor, Option<&'static str>), Failure> {
    let write = database.begin_write()?;
    let prepared = {
        write.open_table(EVENTS)?;
        write.open_table(REVOKED)?;
        let mut numbers = write.open_table(NUMBERS)?;
        let stored = newest(&numbers)?;
        let change = change(stored, expected);
        let known = expected.newest.unwrap_or_default();
        let newest = match (stored, change) {
            (Some(stored), None) => stored,
            _ => Cursor {
                epoch: new_epoch()
                    .max(known.epoch + 1)
                    .max(stored.unwrap_or_default().epoch + 1),
                seq: 0,
            },
        };
        numbers.insert("epoch", newest.epoch)?;
        numbers.insert("last", newest.seq)?;
        (newest, change)
    };
    write.commit()?;
    Ok(prepared)
}

/// Returns the difference between the file and the expected history.
fn change(stored: Option<Cursor>, expected: Expected) -> Option<&'static str> {
    let (known, stored) = match (expected.newest, stored) {
        (None, None) => return None,
        (Some(_), None) => return Some("was deleted"),
        (None, Some(stored)) if stored.seq == 0 => return None,
        (None, Some(_)) => return Some("has no `.head` file, so its history is unknown"),
        (Some(known), Some(stored)) => (known, stored),
    };
    if expected.is_same_file == Some(false) || known.epoch != stored.epoch {
        Some("was copied or replaced")
    } else if known.seq > stored.seq {
        Some("was rolled back")
    } else {
        None
    }
}

fn newest(numbers: &impl ReadableTable<&'static str, u64>) -> Result<Option<Cursor>, Failure> {
    let number = |name| Ok::<_, Failure>(numbers.get(name)?.map(|number| number.value()));
    let epoch = number("epoch")?;
    let seq = number("last")?.unwrap_or(0);
    Ok(epoch.map(|epoch| Cursor { epoch, seq }))
}

/// Stores events after `newest` and keeps the last `capacity` events.
pub(super) fn append(
    database: &Database,
    newest: Cursor,
    drafts: &[Draft],
    capacity: u64,
) -> Result<Cursor, Failure> {
    let write = database.begin_write()?;
    let mut last = newest;
    {
        let mut events = write.open_table(EVENTS)?;
        for draft in drafts {
            last.seq += 1;
            let to = draft.to.as_ref().map(|to| format!("@{to}"));
            let to = to.unwrap_or_default();
            let event = (draft.event_type.as_str(), to.as_str(), draft.data.as_str());
            events.insert((last.epoch, last.seq), event)?;
        }
        while events.len()? > capacity {
            events.pop_first()?;
        }
        write.open_table(NUMBERS)?.insert("last", last.seq)?;
    }
    write.commit()?;
    Ok(last)
}

/// Stores and removes a value as large as a large event, so that a full or read-only disk is noticed.
pub(super) fn test_write(database: &Database) -> Result<(), Failure> {
    let write = database.begin_write()?;
    write
        .open_table(WRITE_TEST)?
        .insert((), [0; WRITE_TEST_SIZE].as_slice())?;
    write.commit()?;
    let write = database.begin_write()?;
    write.open_table(WRITE_TEST)?.remove(())?;
    write.commit()?;
    Ok(())
}

pub(super) fn page(
    database: &Database,
    after: Cursor,
    limit: usize,
) -> Result<Vec<LogEntry>, Failure> {
    let read = database.begin_read()?;
    let events = read.open_table(EVENTS)?;
    let from = (after.epoch, after.seq.saturating_add(1));
    let mut entries = Vec::new();
    for stored in events.range(from..)?.take(limit) {
        let (key, value) = stored?;
        let (epoch, seq) = key.value();
        let (event_type, to, data) = value.value();
        entries.push(LogEntry {
            cursor: Cursor { epoch, seq },
            draft: Draft {
                event_type: event_type.to_owned(),
                data: data.to_owned(),
                to: to.strip_prefix('@').map(str::to_owned),
            },
        });
    }
    Ok(entries)
}

pub(super) fn retained(
    database: &Database,
    requested: Option<Cursor>,
) -> Result<RetainedRange, Failure> {
    let read = database.begin_read()?;
    let events = read.open_table(EVENTS)?;
    let last = newest(&read.open_table(NUMBERS)?)?.unwrap_or_default();
    let first = events.first()?.map(|(key, _)| {
        let (epoch, seq) = key.value();
        Cursor { epoch, seq }
    });
    let holds_requested = match requested.filter(|cursor| cursor.epoch != last.epoch) {
        Some(Cursor { epoch, seq }) => events.get((epoch, seq))?.is_some(),
        None => false,
    };
    Ok(RetainedRange {
        before_first: first.map_or(last, Cursor::before),
        first,
        last,
        holds_requested,
    })
}

/// Stores a revoked token, and removes the tokens that have expired.
pub(super) fn revoke(
    database: &Database,
    (token_id, expires_at): &Revocation,
    now: u64,
) -> Result<(), Failure> {
    let write = database.begin_write()?;
    {
        let mut revoked = write.open_table(REVOKED)?;
        revoked.retain(|_, expires_at| expires_at > now)?;
        revoked.insert(token_id.as_str(), *expires_at)?;
    }
    write.commit()?;
    Ok(())
}

pub(super) fn revoked(database: &Database, now: u64) -> Result<Vec<Revocation>, Failure> {
    let read = database.begin_read()?;
    let table = read.open_table(REVOKED)?;
    let mut revoked = Vec::new();
    for stored in table.iter()? {
        let (token_id, expires_at) = stored?;
        if expires_at.value() > now {
            revoked.push((token_id.value().to_owned(), expires_at.value()));
        }
    }
    Ok(revoked)
}
