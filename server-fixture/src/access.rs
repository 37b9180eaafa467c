//! One line per request, without the query: tokens travel there, and logs travel further.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;

use crate::log::Draft;
use crate::node::Node;

/// The characters of a path that a line of `/logs` shows.
const MAX_PATH: usize = 200;

/// Logs method, path, status and the time to the head of the answer. In demo mode, without a file
/// to follow, these are also the lines of `/logs`.
pub(crate) async fn log(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, micros) = (response.status().as_u16(), began.elapsed().as_micros());
    tracing::info!(%method, path, status, micros, "request");
    if let (Some(lines), None) = (&node.lines, &node.config.tail) {
        // In full it is in the log; here it stays in memory, and anybody may ask for anything.
        let path: String = path.chars().take(MAX_PATH).collect();
        let data = format!("{method} {path} {status} {micros} µs");
        // The log of lines is in memory: it cannot be away.
        let _ = lines
            .publish(Draft {
                data,
                ..Draft::default()
            })
            .await;
    }
    response
}
