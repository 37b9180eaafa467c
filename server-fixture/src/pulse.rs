//! The dashboard's events: real figures of this machine each second, a notification now and then.
//! Of several nodes one speaks at a time: whichever comes first.

use std::sync::Arc;

use serde_json::json;
use sysinfo::System;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::log::Draft;
use crate::node::Node;

/// A notification is considered once per so many beats, and sent three times in ten, as in the
/// textbook.
const NOTIFICATION_EVERY: u64 = 5;

/// Publishes until it is dropped.
pub(crate) async fn beat(node: &Arc<Node>) {
    let mut system = System::new();
    let mut ticks = interval(node.config.pulse);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for count in 1_u64.. {
        until_first(node, &mut ticks).await;
        publish(node, "metrics", metrics(node, &mut system)).await;
        if count.is_multiple_of(NOTIFICATION_EVERY) && fastrand::u8(..10) < 3 {
            publish(node, "notification", notification(node)).await;
        }
    }
}

/// Waits for a beat at which no other node has spoken in the last three quarters of one; the rest
/// is for ticks that come early. With the shared store away nobody could speak anyway.
async fn until_first(node: &Node, ticks: &mut Interval) {
    let window = node.config.pulse * 3 / 4;
    loop {
        ticks.tick().await;
        if let Ok(None) = node.cluster.count("pulse", 1, window).await {
            return;
        }
    }
}

async fn publish(node: &Node, event_type: &str, data: serde_json::Value) {
    let (event_type, data) = (event_type.to_owned(), data.to_string());
    if let Err(error) = node
        .events
        .publish(Draft {
            event_type,
            data,
            to: None,
        })
        .await
    {
        // The next beat tries again; figures of a missed second are worth nothing later.
        tracing::warn!(%error, "the machine's figures were not published");
    }
}

/// CPU in percent of all cores, memory in use in MiB.
#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes stay below 2^52 bytes"
)]
fn metrics(node: &Node, system: &mut System) -> serde_json::Value {
    system.refresh_cpu_usage();
    system.refresh_memory();
    let load = node.admission.load_of_all();
    json!({
        "cpu": (f64::from(system.global_cpu_usage()) * 100.0).round() / 100.0,
        "memory": (system.used_memory() as f64 / 10_485.76).round() / 100.0,
        "activeUsers": load.users,
        "connections": load.streams,
        "node": node.name,
    })
}

fn notification(node: &Node) -> serde_json::Value {
    let streams = node.admission.load().streams;
    json!({ "type": "info", "message": format!("{streams} streams are open on node {}", node.name) })
}
