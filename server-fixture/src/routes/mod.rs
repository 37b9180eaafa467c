//! The endpoints. Each file is one area; this one is the table.

mod demo;
mod events;
mod flood;
mod health;
mod login;
mod logs;
mod open;
mod publish;
mod tasks;
mod visit;

use std::sync::Arc;

pub(crate) use self::open::{HEARTBEAT, RESUMED_FROM};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::services::ServeDir;

use crate::access;
use crate::node::Node;
use crate::refusal::Refusal;
use crate::security;

/// All routes of a server, with what surrounds each of them.
pub(crate) fn router(node: &Arc<Node>) -> Router {
    let routes = Router::new()
        .route("/events", get(events::events))
        .route("/api/metrics", get(events::dashboard))
        .route("/publish", post(publish::publish))
        .route("/login", post(login::login))
        .route("/logout", post(login::logout))
        .route("/api/tasks", post(tasks::start))
        .route("/api/tasks/{id}", get(tasks::show))
        .route("/api/tasks/{id}/progress", get(tasks::progress))
        .route("/logs", get(logs::logs))
        .route("/demo/faults", post(demo::faults))
        .route("/demo/lines", post(demo::lines))
        .route("/demo/flood", get(flood::flood))
        .route("/metrics", get(health::metrics))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(DefaultBodyLimit::max(node.config.max_body));
    let routes = match &node.config.static_dir {
        Some(dir) => routes.fallback_service(ServeDir::new(dir)),
        None => routes.fallback(async || Refusal::new(StatusCode::NOT_FOUND, "Not found")),
    };
    // CORS is outermost: an error whose answer lacks it is, to a page, no answer at all.
    routes
        .with_state(Arc::clone(node))
        .layer(from_fn_with_state(Arc::clone(node), in_time))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(Arc::clone(node), access::log))
        .layer(from_fn_with_state(Arc::clone(node), security::headers))
        .layer(security::cors(&node.config))
}

/// Without an end to patience, a body that never comes would hold its connection for ever. The body
/// of the answer may take as long as it likes.
async fn in_time(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let answer = timeout(node.config.request_timeout, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "The request took too long").into_response()
    })
}
