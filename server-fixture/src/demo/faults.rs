//! Makes a user's own connections to the real stream misbehave. A page can thus show that a
//! reconnect loses and repeats no event.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::commands::{DemoCommand, DemoCommandReceiver, DemoCommands};
use crate::auth::User;
use crate::cluster::Cluster;
use crate::cluster::demo_fault::{DemoFault, DemoFaultKind};
use crate::event_log::LogError;
use crate::sse::stream_fault::{StreamFault, StreamFaults};

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

    fn faults_of(&self, user: &User) -> StreamFaults {
        let commands = (self.commands.subscribe(), user.name.clone());
        stream::unfold(commands, |(mut commands, user)| async move {
            let fault = next_fault(&mut commands, &user).await;
            Some((fault, (commands, user)))
        })
        .boxed()
    }
}

/// Returns the faults of a stream that opens now. There are none outside demo mode and without a user.
pub(crate) fn stream_faults(demo: Option<&DemoFaults>, user: Option<&User>) -> StreamFaults {
    match (demo, user) {
        (Some(demo), Some(user)) => demo.faults_of(user),
        _ => stream::pending().boxed(),
    }
}

/// Waits for the next command for the streams of `user`.
async fn next_fault(commands: &mut DemoCommandReceiver, user: &str) -> StreamFault {
    loop {
        match commands.next().await {
            DemoCommand::Break { user: name } if name == user => return StreamFault::Break,
            DemoCommand::Silence {
                user: name,
                seconds,
            } if name == user => return StreamFault::Silence(Duration::from_secs(seconds)),
            _ => {}
        }
    }
}
