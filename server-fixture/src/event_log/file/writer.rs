//! The writer thread of a log file. redb permits one write transaction at a time.

use std::sync::Arc;

use redb::Database;
use tokio::sync::{mpsc, oneshot, watch};

use super::{EVENTS, Failure, NUMBERS, failed};
use crate::event_log::cursor::Cursor;
use crate::event_log::{Draft, LogError};

/// Most appends per commit. A commit waits for the disk, so concurrent appends share one.
pub(super) const GROUP: usize = 1024;

/// An event, and the sender for its id.
pub(super) type Append = (Draft, oneshot::Sender<Result<Cursor, LogError>>);

/// Commits appends in groups.
pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) capacity: u64,
    /// The newest id, set after each commit.
    pub(super) last: watch::Sender<Cursor>,
}

impl Writer {
    /// Commits appends until the log is dropped.
    pub(super) fn run(self, mut queue: mpsc::Receiver<Append>) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            let first = *self.last.borrow();
            let (drafts, waiting): (Vec<Draft>, Vec<_>) = group.drain(..).unzip();
            let stored = self.commit(first, &drafts).map_err(failed);
            if stored.is_ok() {
                let seq = first.seq + drafts.len() as u64;
                self.last.send_replace(Cursor { seq, ..first });
            }
            for (sender, seq) in waiting.into_iter().zip(first.seq + 1..) {
                // Sending fails if the caller no longer waits. The event is stored in any case.
                let _ = sender.send(stored.clone().map(|()| Cursor { seq, ..first }));
            }
        }
    }

    fn commit(&self, first: Cursor, drafts: &[Draft]) -> Result<(), Failure> {
        let write = self.database.begin_write()?;
        {
            let mut events = write.open_table(EVENTS)?;
            let mut seq = first.seq;
            for draft in drafts {
                seq += 1;
                let to = draft
                    .to
                    .as_ref()
                    .map_or_else(String::new, |to| format!("@{to}"));
                events.insert(
                    seq,
                    (draft.event_type.as_str(), to.as_str(), draft.data.as_str()),
                )?;
            }
            // `extract_from_if` removes an entry when the iterator returns it.
            let oldest = (seq + 1).saturating_sub(self.capacity);
            events
                .extract_from_if(..oldest, |_, _| true)?
                .try_for_each(|entry| entry.map(drop))?;
            write.open_table(NUMBERS)?.insert("last", seq)?;
        }
        write.commit()?;
        Ok(())
    }
}
