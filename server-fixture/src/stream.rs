//! The body of an event stream response: a cursor that walks along the ring.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::admit::Permit;
use crate::auth::User;
use crate::cursor::Cursor;
use crate::filter::{Filter, type_of};
use crate::frame;
use crate::hub::{Batch, Hub};
use crate::notices::{concat, farewell, gap_frame};
use crate::orders::{Heard, Order};
use crate::ring::Frame;
use crate::stay::Stay;

/// Everything one stream owns. Dropping it, for whatever reason, frees its permit.
pub(crate) struct Subscription {
    pub(crate) hub: Arc<Hub>,
    pub(crate) tail: watch::Receiver<Cursor>,
    pub(crate) cursor: Cursor,
    pub(crate) filter: Filter,
    pub(crate) stay: Stay,
    /// Changes whenever tokens were ended.
    pub(crate) revoked: watch::Receiver<()>,
    /// Sent before anything else: retry, cursor, `connected`, gap.
    pub(crate) opening: Option<Bytes>,
    /// Longest silence.
    pub(crate) heartbeat: Duration,
    pub(crate) drain: CancellationToken,
    pub(crate) permit: Permit,
    /// Demo mode's orders to misbehave.
    pub(crate) orders: Option<Heard>,
    /// The last bytes were sent; nothing may follow them.
    pub(crate) is_over: bool,
}

/// What a stream does next.
enum Step {
    Send(Bytes),
    /// The last bytes, and the reason for the metrics.
    SendAndEnd(Bytes, &'static str),
    /// The body fails: the client sees a connection that broke.
    Break,
    End(&'static str),
}

/// How long a stream behind the ring waits before it asks an absent log again.
const LOG_AWAY: Duration = Duration::from_millis(500);

impl Subscription {
    /// The bytes, in pieces worth a write each. It fails only on request: what else goes wrong
    /// after the first byte is waited out or told in the stream.
    pub(crate) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold(self, |mut subscription| async move {
            let bytes = subscription.next().await?;
            Some((bytes, subscription))
        })
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.is_over {
            return None;
        }
        if let Some(opening) = self.opening.take() {
            return Some(Ok(opening));
        }
        match self.step().await {
            Step::Send(bytes) => Some(Ok(bytes)),
            Step::SendAndEnd(bytes, reason) => {
                self.is_over = true;
                self.permit.ended(reason);
                Some(Ok(bytes))
            }
            Step::Break => {
                self.is_over = true;
                self.permit.ended("demo");
                Some(Err(io::Error::other("broken on request")))
            }
            Step::End(reason) => {
                self.permit.ended(reason);
                None
            }
        }
    }

    async fn step(&mut self) -> Step {
        let heartbeat_at = Instant::now() + self.heartbeat;
        loop {
            // Before looking: what arrives while we look must wake the wait below.
            self.tail.mark_unchanged();
            self.revoked.mark_unchanged();
            if let Some(reason) = self.stay.ended_by() {
                return Step::End(reason);
            }
            let wake_at = match self.hub.after(self.cursor).await {
                Ok(batch) if batch.frames.is_empty() => heartbeat_at,
                Ok(batch) => match self.pass(&batch) {
                    bytes if bytes.is_empty() => continue,
                    bytes => return Step::Send(bytes),
                },
                Err(_) => heartbeat_at.min(Instant::now() + LOG_AWAY),
            };
            if let Some(step) = self.wait(wake_at, heartbeat_at).await {
                return step;
            }
        }
    }

    /// Moves the cursor over the whole batch and keeps what this reader may see.
    fn pass(&mut self, batch: &Batch) -> Bytes {
        if let Some(last) = batch.frames.last() {
            self.cursor = last.cursor;
            let tail = *self.tail.borrow();
            if tail.epoch == self.cursor.epoch {
                self.permit.behind(tail.seq.saturating_sub(self.cursor.seq));
            }
        }
        let gap = batch.gap.as_ref().map(gap_frame);
        if let Some(gap) = &batch.gap {
            self.permit.lost(gap.reason);
        }
        let seen: Vec<&Frame> = batch
            .frames
            .iter()
            .filter(|f| self.filter.passes(f))
            .collect();
        for frame in &seen {
            self.permit.sent(type_of(frame));
        }
        concat(
            gap.as_ref()
                .into_iter()
                .chain(seen.into_iter().map(|frame| &frame.bytes)),
        )
    }

    /// Waits for news, which is `None`.
    async fn wait(&mut self, wake_at: Instant, heartbeat_at: Instant) -> Option<Step> {
        tokio::select! {
            biased;
            () = self.drain.cancelled() => Some(Step::SendAndEnd(farewell(), "drain")),
            order = ordered(&mut self.orders, self.filter.user.as_ref()) => match order {
                Ordered::Break => Some(Step::Break),
                Ordered::Silence(length) => {
                    sleep(length).await;
                    None
                }
            },
            _ = self.tail.changed() => None,
            _ = self.revoked.changed() => None,
            () = sleep_until(wake_at.min(self.stay.deadline())) => self.on_time(heartbeat_at),
        }
    }

    fn on_time(&self, heartbeat_at: Instant) -> Option<Step> {
        let heartbeat = || Step::Send(frame::heartbeat(&self.cursor.to_string()));
        (Instant::now() >= heartbeat_at).then(heartbeat)
    }
}

/// What a stream is ordered to do.
enum Ordered {
    Break,
    Silence(Duration),
}

/// The next order to this user's streams; never outside demo mode.
async fn ordered(orders: &mut Option<Heard>, user: Option<&User>) -> Ordered {
    let (Some(orders), Some(User { name, .. })) = (orders, user) else {
        return std::future::pending().await;
    };
    loop {
        match orders.next().await {
            Order::Break { user } if user == *name => return Ordered::Break,
            Order::Silence { user, seconds } if user == *name => {
                return Ordered::Silence(Duration::from_secs(seconds));
            }
            _ => {}
        }
    }
}
