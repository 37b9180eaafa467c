//! `POST /demo/faults` and `POST /demo/lines`: the controls of demo mode.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::cluster::demo_fault::{DemoFault, DemoFaultKind};
use crate::demo::DemoFaults;
use crate::demo::commands::DemoCommand;
use crate::demo::log_burst::{MAX_RATE, MAX_SECONDS};
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::state::AppState;

/// Makes the caller's own streams misbehave.
pub(in crate::http) async fn faults(
    State(state): State<Arc<AppState>>,
    State(demo): State<Option<Arc<DemoFaults>>>,
    context: RequestContext,
    body: Result<Json<DemoFault>, JsonRejection>,
) -> Result<StatusCode, HttpError> {
    let user = context.user(&state)?;
    let demo = demo.ok_or_else(demo_only)?;
    context.check_rate_limit(&state, Some(&user)).await?;
    let Json(fault) = body?;
    let scheduled = demo.schedule(&user.name, fault).await;
    scheduled.map_err(|_| HttpError::cluster_unavailable())?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the error for endpoints that exist only in demo mode.
pub(super) fn demo_only() -> HttpError {
    let error = "Available only with `--demo`. Restart the server with this flag.";
    HttpError::new(StatusCode::FORBIDDEN, error)
}

/// Returns the response of a fault, which replaces the stream.
pub(super) fn fault_response(fault: &DemoFault) -> Response {
    match fault.kind {
        DemoFaultKind::LoginPage => Html("<!doctype html><title>Sign in</title>").into_response(),
        DemoFaultKind::Unauthorized => HttpError::unauthorized("Invalid token").into_response(),
        _ => HttpError::unavailable(
            "A demo fault makes the server unavailable. Retry later.",
            fault.seconds,
        )
        .into_response(),
    }
}

/// The body of `POST /demo/lines`.
#[derive(Deserialize)]
pub(in crate::http) struct Lines {
    /// At most 10,000.
    per_second: u32,
    /// At most 60.
    seconds: u32,
}

/// Writes lines into `/logs` of every node, so that a page can be tested under load.
pub(in crate::http) async fn lines(
    State(state): State<Arc<AppState>>,
    State(demo): State<Option<Arc<DemoFaults>>>,
    context: RequestContext,
    body: Result<Json<Lines>, JsonRejection>,
) -> Result<StatusCode, HttpError> {
    let user = context.user(&state)?;
    let demo = demo.ok_or_else(demo_only)?;
    context.check_rate_limit(&state, Some(&user)).await?;
    let Json(lines) = body?;
    let command = DemoCommand::Write {
        per_second: lines.per_second.min(MAX_RATE),
        seconds: lines.seconds.min(MAX_SECONDS),
    };
    let sent = demo.commands.send(&command).await;
    sent.map_err(|_| HttpError::cluster_unavailable())?;
    Ok(StatusCode::ACCEPTED)
}
