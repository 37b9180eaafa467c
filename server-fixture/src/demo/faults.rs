//! Makes a user's own connections to the real stream misbehave. A page can thus show that a
//! reconnect loses and repeats no event.

use std::sync::Arc;

use super::commands::{DemoCommand, DemoCommands};
use super::fault::{DemoFault, DemoFaultKind};
use crate::cluster::Cluster;
use crate::event_log::LogError;

/// Longest stall, in seconds.
const MAX_SECONDS: u64 = 3600;
/// Most connections that one fault rejects.
const MAX_TIMES: u32 = 1000;

impl DemoFault {
    fn rejects_connections(&self) -> bool {
        !matches!(self.kind, DemoFaultKind::Stall | DemoFaultKind::Cut) && self.times > 0
    }

    /// Returns the command for the open streams of `user`.
    fn command(&self, user: String) -> DemoCommand {
        let seconds = self.seconds.min(MAX_SECONDS);
        match self.kind {
            DemoFaultKind::Stall => DemoCommand::Silence { user, seconds },
            _ => DemoCommand::Break { user },
        }
    }
}

/// Schedules faults on all nodes.
pub(crate) struct DemoFaults {
    pub(crate) commands: DemoCommands,
    cluster: Arc<dyn Cluster>,
}

impl DemoFaults {
    pub(crate) fn new(commands: DemoCommands, cluster: Arc<dyn Cluster>) -> Self {
        Self { commands, cluster }
    }

    /// Schedules a fault. Rejections are stored before the streams break, because a client may
    /// reconnect at once.
    pub(crate) async fn schedule(&self, user: &str, fault: DemoFault) -> Result<(), LogError> {
        let times = fault.times.min(MAX_TIMES);
        let fault = DemoFault { times, ..fault };
        if fault.rejects_connections() {
            self.cluster.arm_fault(user, &fault).await?;
        }
        self.commands.send(&fault.command(user.to_owned())).await
    }

    /// Returns the fault that applies to this request. If the store is unavailable, the server
    /// handles the request normally.
    pub(crate) async fn due(&self, user: &str, request: &str) -> Option<DemoFault> {
        self.cluster.due_fault(user, request).await.ok().flatten()
    }
}
