//! The body of an event stream response: a cursor that moves along the ring.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::control_events::{concat, gap_event, shutdown_event};
use super::filter::{Filter, type_name};
use super::lifetime::StreamLifetime;
use super::stream_fault::{StreamFault, StreamFaults};
use crate::encode;
use crate::event_log::cursor::Cursor;
use crate::event_log::hub::{Batch, Hub};
use crate::event_log::resume::Reason;
use crate::event_log::ring::EncodedEvent;
use crate::limits::StreamPermit;

/// The state of one stream. Dropping it releases its permit.
pub(super) struct Subscription {
    pub(super) hub: Arc<Hub>,
    pub(super) tail: watch::Receiver<Cursor>,
    pub(super) cursor: Cursor,
    /// The newest epoch that a gap in the opening has announced.
    pub(super) announced_epoch: u64,
    pub(super) filter: Filter,
    pub(super) lifetime: StreamLifetime,
    /// Changes when tokens are revoked.
    pub(super) revoked: watch::Receiver<()>,
    /// The bytes to send next: at first retry, gap, cursor and `connected`, later the events after a
    /// gap.
    pub(super) queued: Option<Bytes>,
    /// The longest silence.
    pub(super) heartbeat: Duration,
    pub(super) drain: CancellationToken,
    pub(super) permit: StreamPermit,
    /// The faults that demo mode requests for this stream.
    pub(super) faults: StreamFaults,
    /// Set when the last bytes were sent.
    pub(super) is_finished: bool,
}

/// The next action of a stream.
enum NextAction {
    Send(Bytes),
    /// Sends the last bytes. The reason is for the metrics.
    SendAndEnd(Bytes, &'static str),
    /// Fails the body, so that the client sees a broken connection.
    Break,
    End(&'static str),
}

/// The delay before a stream behind the ring reads an unavailable log again.
const LOG_RETRY_DELAY: Duration = Duration::from_millis(500);

impl Subscription {
    /// Returns the body, one item per write. It fails only when a demo command asks for it. An
    /// unavailable log only delays the stream.
    pub(super) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold(self, |mut subscription| async move {
            let bytes = subscription.next().await?;
            Some((bytes, subscription))
        })
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.is_finished {
            return None;
        }
        if let Some(queued) = self.queued.take() {
            return Some(Ok(queued));
        }
        match self.next_action().await {
            NextAction::Send(bytes) => Some(Ok(bytes)),
            NextAction::SendAndEnd(bytes, reason) => {
                self.is_finished = true;
                self.permit.set_end_reason(reason);
                Some(Ok(bytes))
            }
            NextAction::Break => {
                self.is_finished = true;
                self.permit.set_end_reason("demo");
                Some(Err(io::Error::other("A demo fault ended the stream")))
            }
            NextAction::End(reason) => {
                self.permit.set_end_reason(reason);
                None
            }
        }
    }

    async fn next_action(&mut self) -> NextAction {
        let heartbeat_at = Instant::now() + self.heartbeat;
        loop {
            // Reset the change marks before reading. An event that arrives during the read must
            // end the wait below.
            self.tail.mark_unchanged();
            self.revoked.mark_unchanged();
            if let Some(reason) = self.lifetime.end_reason() {
                return NextAction::End(reason);
            }
            let wake_at = match self.hub.after(self.cursor).await {
                Ok(batch) if batch.end() == self.cursor => heartbeat_at,
                Ok(batch) => match self.advance(&batch) {
                    bytes if bytes.is_empty() => continue,
                    bytes => return NextAction::Send(bytes),
                },
                Err(_) => heartbeat_at.min(Instant::now() + LOG_RETRY_DELAY),
            };
            if let Some(action) = self.wait(wake_at, heartbeat_at).await {
                return action;
            }
        }
    }

    /// Moves the cursor past the batch and returns the bytes of the events that match the filter.
    fn advance(&mut self, batch: &Batch) -> Bytes {
        let gap = self.announce(batch);
        self.cursor = batch.end();
        if !batch.events.is_empty() {
            let tail = *self.tail.borrow();
            if tail.epoch == self.cursor.epoch {
                let lag = tail.seq.saturating_sub(self.cursor.seq);
                self.permit.observe_lag(lag);
            }
        }
        let matching: Vec<&EncodedEvent> = batch
            .events
            .iter()
            .filter(|event| !event.bytes.is_empty() && self.filter.matches(event))
            .collect();
        for event in &matching {
            self.permit.count_sent(type_name(event));
        }
        let bytes = concat(matching.into_iter().map(|event| &event.bytes));
        let Some(gap) = gap else {
            return bytes;
        };
        // Joining the gap with a single large event would copy this event.
        self.queued = Some(bytes).filter(|bytes| !bytes.is_empty());
        gap
    }

    /// Returns the gap of a batch, and the cursor after it. A connection that fails before the next
    /// event then resumes after the gap. An epoch that the opening announced is not announced again.
    fn announce(&self, batch: &Batch) -> Option<Bytes> {
        let gap = batch.gap.as_ref()?;
        if gap.reason == Reason::Epoch && batch.start.epoch <= self.announced_epoch {
            return None;
        }
        self.permit.count_gap(gap.reason.as_str());
        let cursor = encode::cursor(&batch.start.to_string());
        Some(concat([&gap_event(gap), &cursor].into_iter()))
    }

    /// Waits for a change. Returns `None` if the stream must look for events again.
    async fn wait(&mut self, wake_at: Instant, heartbeat_at: Instant) -> Option<NextAction> {
        tokio::select! {
            biased;
            () = self.drain.cancelled() => Some(NextAction::SendAndEnd(shutdown_event(), "drain")),
            Some(fault) = self.faults.next() => match fault {
                StreamFault::Break => Some(NextAction::Break),
                StreamFault::Silence(length) => {
                    self.be_silent(length).await;
                    None
                }
            },
            _ = self.tail.changed() => None,
            _ = self.revoked.changed() => None,
            () = sleep_until(wake_at.min(self.lifetime.deadline())) => self.heartbeat(heartbeat_at),
        }
    }

    /// Sends nothing for a while. The end of the token, a logout and a shutdown still end the stream.
    async fn be_silent(&mut self, length: Duration) {
        let end = (Instant::now() + length).min(self.lifetime.deadline());
        let (revoked, lifetime) = (&mut self.revoked, &self.lifetime);
        let ended =
            async { while lifetime.end_reason().is_none() && revoked.changed().await.is_ok() {} };
        tokio::select! {
            () = self.drain.cancelled() => {}
            () = ended => {}
            () = sleep_until(end) => {}
        }
    }

    /// Returns a heartbeat if one is due.
    fn heartbeat(&self, heartbeat_at: Instant) -> Option<NextAction> {
        let heartbeat = || NextAction::Send(encode::heartbeat(&self.cursor.to_string()));
        (Instant::now() >= heartbeat_at).then(heartbeat)
    }
}
