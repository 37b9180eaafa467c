//! Demo commands: one node receives a command, and all nodes execute it.
//!
//! The commands have their own event log, which every node reads: in memory for a single node, in
//! Redis for several nodes. A page can thus send a command to any node.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};

use crate::event_log::cursor::Cursor;
use crate::event_log::{Draft, EventLog, LogError};

/// Commands that the log keeps. All nodes read it continuously, so a few are enough.
pub(crate) const MAX_COMMANDS: usize = 100;

/// The longest time that `send` waits for this node to receive the command.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// The delay before the log is read again after an error.
const LOG_RETRY_DELAY: Duration = Duration::from_millis(500);

/// A command for all nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum DemoCommand {
    /// Breaks the open streams of this user.
    Break { user: String },
    /// Silences the open streams of this user for some seconds.
    Silence { user: String, seconds: u64 },
    /// Writes lines into `/logs`.
    Write { per_second: u32, seconds: u32 },
}

/// Sends commands to all nodes, and receives the commands of all nodes.
pub(crate) struct DemoCommands {
    log: Arc<dyn EventLog>,
    /// The last command that this node has received.
    position: watch::Sender<Cursor>,
    received: broadcast::Sender<DemoCommand>,
}

impl DemoCommands {
    /// Starts after the last command in the log. [`DemoCommands::run_reader`] must run.
    pub(crate) async fn open(log: Arc<dyn EventLog>) -> Result<Self, LogError> {
        let position = watch::Sender::new(log.retained(None).await?.last);
        Ok(Self {
            log,
            position,
            received: broadcast::Sender::new(64),
        })
    }

    /// Sends a command to all nodes. When this returns, the streams of this node have received it.
    pub(crate) async fn send(&self, command: &DemoCommand) -> Result<(), LogError> {
        let data = serde_json::to_string(command)?;
        let draft = Draft {
            data,
            ..Draft::default()
        };
        let cursor = self.log.append(draft).await?;
        let mut position = self.position.subscribe();
        // A stored command is executed in any case. A log that fails now only delays it.
        let received = position.wait_for(|position| *position >= cursor);
        let _ = timeout(RECEIVE_TIMEOUT, received).await;
        Ok(())
    }

    /// Receives the commands of all nodes until the task is dropped.
    pub(crate) async fn run_reader(&self) {
        loop {
            let position = *self.position.borrow();
            match self.log.follow(position).await {
                Ok(entries) => entries.into_iter().for_each(|entry| {
                    self.forward(&entry.draft.data);
                    self.position.send_replace(entry.cursor);
                }),
                Err(_) => sleep(LOG_RETRY_DELAY).await,
            }
        }
    }

    fn forward(&self, data: &str) {
        match serde_json::from_str(data) {
            // Sending fails without receivers. Then there is no open stream.
            Ok(command) => drop(self.received.send(command)),
            Err(error) => {
                tracing::warn!(%error, "A demo command of another server version was ignored");
            }
        }
    }

    /// Returns a receiver for the commands from now on.
    pub(crate) fn subscribe(&self) -> DemoCommandReceiver {
        DemoCommandReceiver(self.received.subscribe())
    }
}

/// Receives the commands from its creation on.
pub(crate) struct DemoCommandReceiver(broadcast::Receiver<DemoCommand>);

impl DemoCommandReceiver {
    /// Waits for the next command.
    pub(crate) async fn next(&mut self) -> DemoCommand {
        loop {
            match self.0.recv().await {
                Ok(command) => return command,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                // More than 64 commands at once: a demo may miss some of them.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    }
}
