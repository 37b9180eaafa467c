//! `/api/tasks`: starts a task, shows its state and streams its progress.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cluster::Task;
use crate::encode::{self, Event};
use crate::feeds::tasks;
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::limits::StreamPermit;
use crate::sse::control_events::shutdown_event;
use crate::sse::lifetime::StreamLifetime;
use crate::sse::open_stream::stream_response;
use crate::state::AppState;

/// The interval at which a progress stream reads the task.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Starts a task. `{"fail": true}` starts one that fails. The body may be empty.
pub(in crate::http) async fn start(
    State(state): State<Arc<AppState>>,
    context: RequestContext,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, HttpError> {
    let user = context.optional_user(&state)?;
    context.check_rate_limit(&state, user.as_ref()).await?;
    let body = body.map_err(JsonRejection::from)?;
    let options: Value = serde_json::from_slice(&body).unwrap_or_default();
    let started = tasks::start(&state, options["fail"] == true).await;
    let task = started.map_err(|_| store_unavailable())?;
    let location = format!("/api/tasks/{}", task.id);
    let body = Json(json!({ "taskId": task.id }));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], body).into_response())
}

/// Returns the current state of a task.
pub(in crate::http) async fn show(
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
    context: RequestContext,
) -> Result<Json<Task>, HttpError> {
    context.optional_user(&state)?;
    find(&state, &id).await.map(Json)
}

/// Streams the task now and after each change, until it is finished. A native `EventSource`
/// reconnects after the end, and a client that has received the final event gets 204.
pub(in crate::http) async fn progress(
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
    context: RequestContext,
) -> Result<Response, HttpError> {
    let user = context.optional_user(&state)?;
    if state.shutting_down.is_cancelled() {
        return Err(HttpError::shutting_down());
    }
    let task = find(&state, &id).await?;
    if task.is_finished() && context.last_event_id() == event_id(&task).as_bytes() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    context.check_rate_limit(&state, user.as_ref()).await?;
    let user_name = user.as_ref().map(|user| user.name.as_str());
    let permit = state.limits.acquire(context.ip, user_name)?;
    let progress = ProgressStream {
        lifetime: StreamLifetime::new(&state, user.as_ref()),
        state,
        permit,
        id: task.id.clone(),
        sent: None,
        current: Some(task),
        is_finished: false,
    };
    let body = stream::unfold(progress, |mut progress| async move {
        let bytes = progress.next().await?;
        Some((Ok::<_, Infallible>(bytes), progress))
    });
    Ok(stream_response(Body::from_stream(body), "earliest"))
}

async fn find(state: &AppState, id: &str) -> Result<Task, HttpError> {
    let found = tasks::find(state, id).await;
    let found = found.map_err(|_| store_unavailable())?;
    found.ok_or_else(|| HttpError::new(StatusCode::NOT_FOUND, "Task not found"))
}

fn store_unavailable() -> HttpError {
    HttpError::unavailable("The task store is not available. Retry in 1 s.", 1)
}

/// The body of a progress stream.
struct ProgressStream {
    state: Arc<AppState>,
    permit: StreamPermit,
    lifetime: StreamLifetime,
    id: String,
    /// The state that was sent last.
    sent: Option<Task>,
    /// The state that was read last and not compared with `sent` yet.
    current: Option<Task>,
    /// Set when the last bytes were sent.
    is_finished: bool,
}

impl ProgressStream {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_finished {
            return None;
        }
        let heartbeat_at = Instant::now() + self.state.config.heartbeat;
        loop {
            if let Some(reason) = self.lifetime.end_reason() {
                self.permit.set_end_reason(reason);
                return None;
            }
            if let Some(change) = self.next_change() {
                return Some(change);
            }
            if Instant::now() >= heartbeat_at {
                return Some(Bytes::from_static(b": heartbeat\n\n"));
            }
            let pause = self.state.drain.run_until_cancelled(sleep(POLL_INTERVAL));
            if pause.await.is_none() {
                self.finish("drain");
                return Some(shutdown_event());
            }
            // If the store is unavailable, there is no change to send. The task itself continues.
            self.current = tasks::find(&self.state, &self.id).await.ok().flatten();
        }
    }

    fn next_change(&mut self) -> Option<Bytes> {
        let task = self.current.take()?;
        if self.sent.as_ref() == Some(&task) {
            return None;
        }
        self.permit.count_sent("progress");
        if task.is_finished() {
            self.finish("done");
        }
        let bytes = encode_task(&task);
        self.sent = Some(task);
        Some(bytes)
    }

    fn finish(&mut self, reason: &'static str) {
        self.is_finished = true;
        self.permit.set_end_reason(reason);
    }
}

/// Returns an id that identifies the state of a task. It shows whether a client that reconnects
/// has received the final state.
fn event_id(task: &Task) -> String {
    let is_finished = u8::from(task.is_finished());
    format!("{}-{}-{is_finished}", task.id, task.progress)
}

fn encode_task(task: &Task) -> Bytes {
    let (id, data) = (event_id(task), json!(task).to_string());
    // Encoding fails only on CR, LF or NUL, and the id has none of them.
    encode::encode(&Event {
        id: Some(&id),
        event_type: "",
        data: &data,
    })
    .unwrap_or_default()
}
