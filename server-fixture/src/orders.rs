//! Demo mode only: what one node is asked to do and all of them must.
//!
//! Orders are a log of their own, which every node follows: in memory for one node, in Redis for
//! many. So a page may ask whichever node it reaches.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};

use crate::cursor::Cursor;
use crate::log::{Draft, EventLog, LogError};

/// Orders that the log keeps: those of a moment, since all nodes follow it closely.
pub(crate) const KEPT_ORDERS: usize = 100;

/// How long whoever gives an order waits for this node to hear it.
const HEARING: Duration = Duration::from_secs(2);

/// How long the log is left alone after it failed.
const LOG_AWAY: Duration = Duration::from_millis(500);

/// What is to be done, on all nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Order {
    /// The open streams of this user break off.
    Break { user: String },
    /// The open streams of this user say nothing for so many seconds.
    Silence { user: String, seconds: u64 },
    /// Lines are written into the log of lines.
    Write { per_second: u32, seconds: u32 },
}

/// The orders of all nodes.
pub(crate) struct Orders {
    log: Arc<dyn EventLog>,
    /// The last order that this node heard.
    position: watch::Sender<Cursor>,
    heard: broadcast::Sender<Order>,
}

impl Orders {
    /// The orders that are given from now on. [`Orders::hear`] must run for them.
    pub(crate) async fn open(log: Arc<dyn EventLog>) -> Result<Self, LogError> {
        let position = watch::Sender::new(log.kept(None).await?.last);
        Ok(Self {
            log,
            position,
            heard: broadcast::Sender::new(64),
        })
    }

    /// Gives an order to all nodes. When this returns, the streams of this one have it.
    pub(crate) async fn give(&self, order: &Order) -> Result<(), LogError> {
        let data = serde_json::to_string(order)?;
        let draft = Draft {
            data,
            ..Draft::default()
        };
        let given = self.log.append(draft).await?;
        let mut position = self.position.subscribe();
        // An order that is stored will be obeyed: a log that went away just now only delays it.
        let _ = timeout(HEARING, position.wait_for(|heard| *heard >= given)).await;
        Ok(())
    }

    /// Hears orders for ever, whichever node they were given to.
    pub(crate) async fn hear(&self) {
        loop {
            let position = *self.position.borrow();
            match self.log.follow(position).await {
                Ok(entries) => entries.into_iter().for_each(|entry| {
                    self.pass_on(&entry.draft.data);
                    self.position.send_replace(entry.cursor);
                }),
                Err(_) => sleep(LOG_AWAY).await,
            }
        }
    }

    fn pass_on(&self, data: &str) {
        match serde_json::from_str(data) {
            // Nobody listening is fine: then there is no stream to disturb.
            Ok(order) => drop(self.heard.send(order)),
            Err(error) => tracing::warn!(%error, "an order of another version was not understood"),
        }
    }

    /// What this node hears from now on.
    pub(crate) fn listen(&self) -> Heard {
        Heard(self.heard.subscribe())
    }
}

/// The orders that one stream, or one task, hears.
pub(crate) struct Heard(broadcast::Receiver<Order>);

impl Heard {
    /// The next order.
    pub(crate) async fn next(&mut self) -> Order {
        loop {
            match self.0.recv().await {
                Ok(order) => return order,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                // So many at once that some were missed: it is a demo.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    }
}
