//! Writes many log lines per second, so that a page can be tested under load.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::commands::{DemoCommand, DemoCommandReceiver};
use crate::event_log::Draft;
use crate::event_log::hub::Hub;
use crate::state::AppState;

/// Most lines per second.
pub(crate) const MAX_RATE: u32 = 10_000;
/// Longest burst, in seconds.
pub(crate) const MAX_SECONDS: u32 = 60;
/// Writes per second. Each one writes many lines.
const TICKS: u32 = 50;

/// Writes lines into `hub` on each `Write` command. Every node has its own log of lines, so every
/// node executes the command. A new burst replaces the current one, so that many commands cost no
/// more than one.
pub(crate) async fn write_on_command(
    state: Arc<AppState>,
    hub: Arc<Hub>,
    mut commands: DemoCommandReceiver,
) {
    let mut current = CancellationToken::new();
    loop {
        if let DemoCommand::Write {
            per_second,
            seconds,
        } = commands.next().await
        {
            current.cancel();
            current = CancellationToken::new();
            let (hub, replaced) = (Arc::clone(&hub), current.clone());
            state.spawn(async move {
                let burst = write(&hub, per_second, seconds);
                replaced.run_until_cancelled(burst).await;
            });
        }
    }
}

async fn write(hub: &Hub, per_second: u32, seconds: u32) {
    let mut ticks = interval(Duration::from_secs(1) / TICKS);
    let mut number = 0_u64;
    for tick in 1..=u64::from(seconds * TICKS) {
        ticks.tick().await;
        while number < tick * u64::from(per_second) / u64::from(TICKS) {
            number += 1;
            let data = format!("line {number} of a burst of {per_second} a second");
            // The log of lines is in memory, so this cannot fail.
            let _ = hub
                .publish(Draft {
                    data,
                    ..Draft::default()
                })
                .await;
        }
    }
}
