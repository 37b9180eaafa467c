//! Demo mode only: so many lines a second that a page has to be good to keep up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;

use crate::hub::Hub;
use crate::log::Draft;
use crate::node::Node;
use crate::orders::{Heard, Order};

/// Most lines a second.
pub(crate) const MAX_RATE: u32 = 10_000;
/// Longest burst, in seconds.
pub(crate) const MAX_SECONDS: u32 = 60;
/// Writes a second, of many lines each.
const TICKS: u32 = 50;

/// Writes lines into `hub` whenever a node is asked to: every node has a log of lines of its own.
pub(crate) async fn write_on_order(node: Arc<Node>, hub: Arc<Hub>, mut heard: Heard) {
    loop {
        if let Order::Write {
            per_second,
            seconds,
        } = heard.next().await
        {
            let hub = Arc::clone(&hub);
            node.in_background(async move { write(&hub, per_second, seconds).await });
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
            // The log of lines is in memory: it cannot be away.
            let _ = hub
                .publish(Draft {
                    data,
                    ..Draft::default()
                })
                .await;
        }
    }
}
