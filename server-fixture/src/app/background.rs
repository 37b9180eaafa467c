//! The background tasks of a server, from start to drain.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;

use crate::cluster::HEARTBEAT_INTERVAL;
use crate::cluster::heartbeat::send_heartbeat;
use crate::demo::DemoFaults;
use crate::demo::log_burst::write_on_command;
use crate::feeds::{log_tail, system_metrics};
use crate::state::AppState;

/// Starts all background tasks that the settings ask for.
pub(super) fn start(state: &Arc<AppState>, demo: Option<&Arc<DemoFaults>>) {
    let events = Arc::clone(&state.events);
    state.spawn(async move { events.run_reader().await });
    let heartbeat_state = Arc::clone(state);
    state.spawn(async move { run_heartbeats(&heartbeat_state).await });
    start_log_lines(state);
    if let Some(demo) = demo {
        start_demo(state, demo);
    }
    if state.config.effective_metrics_interval() > Duration::ZERO {
        let metrics_state = Arc::clone(state);
        state.spawn(async move { system_metrics::publish_forever(&metrics_state).await });
    }
}

/// Exchanges load and revocations with the other nodes until the task is dropped.
async fn run_heartbeats(state: &AppState) {
    let mut ticks = interval(HEARTBEAT_INTERVAL);
    loop {
        ticks.tick().await;
        let own = state.limits.load();
        let others = send_heartbeat(&*state.cluster, &state.node_name, own).await;
        if let Some(others) = others {
            state.limits.set_other_nodes(others);
        }
        exchange_revocations(state).await;
    }
}

/// Reads the tokens that other nodes revoked. Stores the tokens that the store does not hold: it was
/// unavailable at the logout, or it has lost its content since.
async fn exchange_revocations(state: &AppState) {
    let Ok(stored) = state.revocation_store.revoked().await else {
        return;
    };
    for revocation in state.revocations.missing_from(&stored) {
        match state.revocation_store.revoke(revocation).await {
            Ok(()) => tracing::info!("Stored a logout that the store did not hold"),
            Err(error) => tracing::warn!(%error, "A logout is not stored yet. The server retries."),
        }
    }
    state.revocations.add(stored);
}

fn start_log_lines(state: &Arc<AppState>) {
    let Some(log_lines) = &state.log_lines else {
        return;
    };
    // The reader runs without a file too: in demo mode the access log publishes lines.
    let (reader, log_lines) = (Arc::clone(log_lines), Arc::clone(log_lines));
    state.spawn(async move { reader.run_reader().await });
    if let Some(path) = state.config.tail.clone() {
        state.spawn(async move { log_tail::follow(&path, &log_lines).await });
    }
}

fn start_demo(state: &Arc<AppState>, demo: &Arc<DemoFaults>) {
    if let Some(log_lines) = state.log_lines.clone() {
        let commands = demo.commands.subscribe();
        state.spawn(write_on_command(Arc::clone(state), log_lines, commands));
    }
    let demo = Arc::clone(demo);
    state.spawn(async move { demo.commands.run_reader().await });
}
