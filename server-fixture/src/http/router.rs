//! The routes of a server, and the middleware around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;

use super::cors::cors;
use super::error::HttpError;
use super::handlers::{demo, events, flood, health, login, logs, publish, tasks};
use super::static_files::static_files;
use super::{access_log, security_headers};
use crate::demo::DemoFaults;
use crate::state::AppState;

/// The state of the handlers: the server's state, and the demo's faults in demo mode.
#[derive(Clone)]
pub(crate) struct RouterState {
    pub(crate) app: Arc<AppState>,
    pub(crate) demo: Option<Arc<DemoFaults>>,
}

impl FromRef<RouterState> for Arc<AppState> {
    fn from_ref(state: &RouterState) -> Self {
        Self::clone(&state.app)
    }
}

impl FromRef<RouterState> for Option<Arc<DemoFaults>> {
    fn from_ref(state: &RouterState) -> Self {
        state.demo.clone()
    }
}

/// Returns all routes of a server with their middleware.
pub(crate) fn router(state: RouterState) -> Router {
    let app = Arc::clone(&state.app);
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
        .layer(DefaultBodyLimit::max(app.config.max_body));
    let routes = match &app.config.static_dir {
        Some(dir) => routes.fallback_service(static_files(dir)),
        None => routes.fallback(async || {
            HttpError::new(
                StatusCode::NOT_FOUND,
                "Nothing is at this path. Check the URL.",
            )
        }),
    };
    // CORS is outermost: a page cannot read the status of an error without CORS headers.
    routes
        .with_state(state)
        .layer(from_fn_with_state(Arc::clone(&app), request_timeout))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(Arc::clone(&app), access_log::log))
        .layer(from_fn_with_state(
            Arc::clone(&app),
            security_headers::headers,
        ))
        .layer(cors(&app.config))
}

/// Responds with 408 when the response has not begun in time. A body that never arrives would
/// otherwise hold its connection forever. The body of the response has no time limit.
async fn request_timeout(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let response = timeout(state.config.request_timeout, next.run(request)).await;
    response.unwrap_or_else(|_| {
        let error = "The request took too long. Send the complete body at once.";
        HttpError::new(StatusCode::REQUEST_TIMEOUT, error).into_response()
    })
}
