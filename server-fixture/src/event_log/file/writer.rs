//! The writer thread of a log file. redb permits one write transaction at a time.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::store::Store;
use crate::event_log::cursor::Cursor;
use crate::event_log::{Draft, LogError};

/// Most appends per commit. A commit waits for the disk, so concurrent appends share one.
pub(super) const GROUP: usize = 1024;

/// An event, and the sender for its id.
pub(super) type Append = (Draft, oneshot::Sender<Result<Cursor, LogError>>);

/// Commits appends in groups.
pub(super) struct Writer {
    pub(super) store: Arc<Store>,
}

impl Writer {
    /// Commits appends until the log is dropped.
    pub(super) fn run(self, mut queue: mpsc::Receiver<Append>) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            let (drafts, waiting): (Vec<Draft>, Vec<_>) = group.drain(..).unzip();
            let count = drafts.len() as u64;
            let first = self.store.append(&drafts).map(|last| Cursor {
                seq: last.seq - count,
                ..last
            });
            for (sender, number) in waiting.into_iter().zip(1..) {
                let id = first.clone().map(|first| Cursor {
                    seq: first.seq + number,
                    ..first
                });
                // Sending fails if the caller no longer waits. The event is stored in any case.
                let _ = sender.send(id);
            }
        }
    }
}
