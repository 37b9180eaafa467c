//! The endpoints for monitoring: liveness, readiness and metrics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::error::HttpError;
use crate::state::AppState;
use crate::stderr_log::lost_lines;

/// The content type of the text that `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Reports that the process responds. The event log is not checked, because a supervisor must not
/// restart all nodes when the log is unavailable.
pub(in crate::http) async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// Reports whether a load balancer should send new clients to this node.
pub(in crate::http) async fn ready(
    State(state): State<Arc<AppState>>,
) -> Result<Json<Value>, HttpError> {
    if state.shutting_down.is_cancelled() {
        return Err(HttpError::shutting_down());
    }
    if let Some(problem) = state.events.problem() {
        return Err(HttpError::unavailable(problem, 1));
    }
    Ok(Json(json!({ "status": "ready", "node": state.node_name })))
}

/// Returns the metrics for Prometheus. No limit applies, because metrics are needed most during
/// an overload.
pub(in crate::http) async fn metrics(
    State(state): State<Arc<AppState>>,
) -> Result<Response, HttpError> {
    let text = state
        .metrics
        .to_text(state.events.problem().is_none(), lost_lines())
        .map_err(|_| HttpError::internal("The metrics were not written. Retry later."))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
