//! The one thread that writes.

use std::sync::Arc;

use redb::Database;
use tokio::sync::{mpsc, oneshot, watch};

use super::{EVENTS, Failure, NUMBERS, failed};
use crate::cursor::Cursor;
use crate::log::{Draft, LogError};

/// Appends of one commit at most: each commit waits for the disk, so they share it.
pub(super) const GROUP: usize = 1024;

/// An event, and who waits for its id.
pub(super) type Append = (Draft, oneshot::Sender<Result<Cursor, LogError>>);

/// Commits appends in groups.
pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) capacity: u64,
    /// The newest id, told after its commit.
    pub(super) last: watch::Sender<Cursor>,
}

impl Writer {
    /// Writes until the log is dropped.
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
                // Whoever no longer waits does not need the id; the event is stored all the same.
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
            // `extract_from_if` removes as it is walked.
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
