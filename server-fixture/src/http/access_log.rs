//! The access log: one line per request, without the query, because a query can contain a token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;

use crate::event_log::Draft;
use crate::state::AppState;

/// Characters of a path that a line shows. A client can send a path of 16 KB.
const MAX_PATH: usize = 200;

/// Logs the method, the path, the status and the time until the response head. In demo mode
/// without `--tail`, these are also the lines of `/logs`.
pub(super) async fn log(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(MAX_PATH).collect();
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, micros) = (response.status().as_u16(), began.elapsed().as_micros());
    tracing::info!(%method, path, status, micros, "request");
    if let (Some(log_lines), None) = (&state.log_lines, &state.config.tail) {
        let data = format!("{method} {path} {status} {micros} µs");
        // The log of lines is in memory, so this cannot fail.
        let _ = log_lines
            .publish(Draft {
                data,
                ..Draft::default()
            })
            .await;
    }
    response
}
