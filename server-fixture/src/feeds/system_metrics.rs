//! Publishes metrics of this machine, and sometimes a notification. In a cluster one node publishes
//! per interval: the first one.

use serde_json::json;
use sysinfo::System;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::event_log::Draft;
use crate::state::AppState;

/// The number of intervals after which a notification is sent with a probability of 3 in 10.
const NOTIFICATION_EVERY: u64 = 5;

/// Publishes until the task is dropped.
pub(crate) async fn publish_forever(state: &AppState) {
    let mut system = System::new();
    let mut ticks = interval(state.config.effective_metrics_interval());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for count in 1_u64.. {
        wait_for_turn(state, &mut ticks).await;
        publish(state, "metrics", metrics(state, &mut system)).await;
        if count.is_multiple_of(NOTIFICATION_EVERY) && fastrand::u8(..10) < 3 {
            publish(state, "notification", notification(state)).await;
        }
    }
}

/// Waits for a tick at which no other node has published during three quarters of an interval. The
/// last quarter tolerates early ticks. If the shared store is unavailable, no node can publish.
async fn wait_for_turn(state: &AppState, ticks: &mut Interval) {
    let window = state.config.effective_metrics_interval() * 3 / 4;
    loop {
        ticks.tick().await;
        if let Ok(None) = state.cluster.count("system-metrics", 1, window).await {
            return;
        }
    }
}

async fn publish(state: &AppState, event_type: &str, data: serde_json::Value) {
    let (event_type, data) = (event_type.to_owned(), data.to_string());
    if let Err(error) = state
        .events
        .publish(Draft {
            event_type,
            data,
            to: None,
        })
        .await
    {
        // Metrics of the past are useless, so a failed event is not repeated.
        tracing::warn!(%error, "The system metrics were not published");
    }
}

/// Returns the CPU load in percent of all cores, and the used memory in MiB.
#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes stay below 2^52 bytes"
)]
fn metrics(state: &AppState, system: &mut System) -> serde_json::Value {
    system.refresh_cpu_usage();
    system.refresh_memory();
    let load = state.limits.cluster_load();
    json!({
        "cpu": (f64::from(system.global_cpu_usage()) * 100.0).round() / 100.0,
        "memory": (system.used_memory() as f64 / 10_485.76).round() / 100.0,
        "activeUsers": load.users,
        "connections": load.streams,
        "node": state.node_name,
    })
}

fn notification(state: &AppState) -> serde_json::Value {
    let streams = open_streams(state.limits.load().streams);
    let message = format!("{streams} on node {}", state.node_name);
    json!({ "type": "info", "message": message })
}

fn open_streams(count: usize) -> String {
    match count {
        1 => "1 stream is open".to_owned(),
        _ => format!("{count} streams are open"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notification_uses_the_singular_for_one_stream() {
        let texts = [0, 1, 2].map(open_streams);
        let expected = [
            "0 streams are open",
            "1 stream is open",
            "2 streams are open",
        ];
        assert_eq!(texts, expected);
    }
}
