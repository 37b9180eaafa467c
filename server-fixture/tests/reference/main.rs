//! Tests of the reference server over real HTTP: one file per requirement of the textbook (see the
//! README).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod auth;
mod basic;
mod broadcast;
mod connection_limit;
mod custom_events;
mod heartbeat;
mod logs;
mod open_network;
mod progress;
mod prometheus;
mod rate_limit;
mod resume;
mod security_headers;
mod settings;
mod shutdown;
mod stale;

use std::time::Duration;

use support::{Server, soon};
use tokio::time::sleep;

/// Waits until a metric has this value.
async fn wait_for_metric(server: &Server, name: &str, value: &str) {
    soon(async {
        while metric(server, name).await.as_deref() != Some(value) {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

async fn metric(server: &Server, name: &str) -> Option<String> {
    let text = server.client().get("/metrics").await.text();
    let mut lines = text.lines();
    lines.find_map(|line| {
        line.strip_prefix(name)?
            .strip_prefix(' ')
            .map(str::to_owned)
    })
}
