//! What monitors ask: is it alive, may it get traffic, what are its figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::node::Node;
use crate::refusal::Refusal;

/// The content type of what the registry writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The process answers; nothing else is asked, so that a log outage restarts nobody.
pub(crate) async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// Whether new clients should be sent here.
pub(crate) async fn ready(State(node): State<Arc<Node>>) -> Result<Json<Value>, Refusal> {
    if node.leaving.is_cancelled() {
        return Err(Refusal::unavailable("The server is shutting down", 1));
    }
    if !node.events.is_connected() {
        return Err(Refusal::unavailable("The event log is not available", 1));
    }
    Ok(Json(json!({ "status": "ready", "node": node.name })))
}

/// Prometheus' figures; never limited, or an overload could not be seen.
pub(crate) async fn metrics(State(node): State<Arc<Node>>) -> Result<Response, Refusal> {
    let text = node
        .figures
        .text(node.events.is_connected())
        .map_err(|_| Refusal::internal("the figures cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
