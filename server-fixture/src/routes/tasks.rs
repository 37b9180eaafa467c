//! `/api/tasks`: start one, look at it, watch its progress.

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

use super::events::last_event_id;
use super::open::response;
use super::visit::Visit;
use crate::admit::Permit;
use crate::cluster::Task;
use crate::frame::{self, Event};
use crate::node::Node;
use crate::notices::farewell;
use crate::refusal::Refusal;
use crate::stay::Stay;
use crate::tasks;

/// How often a progress stream looks.
const LOOK: Duration = Duration::from_millis(200);

/// Starts a task; `{"fail": true}` starts one that fails. The body may be empty.
pub(crate) async fn start(
    State(node): State<Arc<Node>>,
    visit: Visit,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    visit.plain_user(&node)?;
    let body = body.map_err(JsonRejection::from)?;
    let wish: Value = serde_json::from_slice(&body).unwrap_or_default();
    let task = tasks::start(&node, wish["fail"] == true)
        .await
        .map_err(store_away)?;
    let place = format!("/api/tasks/{}", task.id);
    let answer = Json(json!({ "taskId": task.id }));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], answer).into_response())
}

/// A task as it is now.
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Json<Task>, Refusal> {
    visit.plain_user(&node)?;
    find(&node, &id).await.map(Json)
}

/// The task at once and at each change, until it is over. Whoever has seen the end and comes
/// back, as a native `EventSource` does after every end, is told that there is no more: 204.
pub(crate) async fn progress(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    visit: Visit,
) -> Result<Response, Refusal> {
    let user = visit.plain_user(&node)?;
    node.refuse_if_leaving()?;
    let task = find(&node, &id).await?;
    if task.is_over() && last_event_id(&visit.headers, &visit.uri) == event_id(&task).as_bytes() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    visit.count(&node, user.as_ref()).await?;
    let permit = node
        .admission
        .admit(visit.ip, user.as_ref().map(|user| user.name.as_str()))?;
    let watch = Watch {
        stay: Stay::new(&node, user.as_ref()),
        node,
        permit,
        id: task.id.clone(),
        last: None,
        now: Some(task),
        is_over: false,
    };
    let body = stream::unfold(watch, |mut watch| async move {
        let bytes = watch.next().await?;
        Some((Ok::<_, Infallible>(bytes), watch))
    });
    Ok(response(Body::from_stream(body), "earliest"))
}

async fn find(node: &Node, id: &str) -> Result<Task, Refusal> {
    let found = tasks::find(node, id).await.map_err(store_away)?;
    found.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "Task not found"))
}

fn store_away(_: crate::log::LogError) -> Refusal {
    Refusal::unavailable("The task store is not available", 1)
}

/// A progress stream.
struct Watch {
    node: Arc<Node>,
    permit: Permit,
    stay: Stay,
    id: String,
    /// What was sent last.
    last: Option<Task>,
    /// What is to be sent first, read before the answer began.
    now: Option<Task>,
    /// The last bytes were sent; nothing may follow them.
    is_over: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let heartbeat_at = Instant::now() + self.node.config.heartbeat;
        loop {
            if let Some(reason) = self.stay.ended_by() {
                self.permit.ended(reason);
                return None;
            }
            if let Some(news) = self.news() {
                return Some(news);
            }
            if Instant::now() >= heartbeat_at {
                return Some(Bytes::from_static(b": heartbeat\n\n"));
            }
            let pause = self.node.drain.run_until_cancelled(sleep(LOOK));
            if pause.await.is_none() {
                self.end("drain");
                return Some(farewell());
            }
            // A store that is away shows nothing new; the task itself goes on.
            self.now = tasks::find(&self.node, &self.id).await.ok().flatten();
        }
    }

    fn news(&mut self) -> Option<Bytes> {
        let task = self.now.take()?;
        if self.last.as_ref() == Some(&task) {
            return None;
        }
        self.permit.sent("progress");
        if task.is_over() {
            self.end("done");
        }
        let bytes = encode(&task);
        self.last = Some(task);
        Some(bytes)
    }

    fn end(&mut self, reason: &'static str) {
        self.is_over = true;
        self.permit.ended(reason);
    }
}

/// The id tells whether the client saw this state, so that the end is not told twice.
fn event_id(task: &Task) -> String {
    format!("{}-{}-{}", task.id, task.progress, u8::from(task.is_over()))
}

fn encode(task: &Task) -> Bytes {
    let (id, data) = (event_id(task), json!(task).to_string());
    // An id of hexadecimal digits cannot be refused.
    frame::encode(&Event {
        id: Some(&id),
        event_type: "",
        data: &data,
    })
    .unwrap_or_default()
}
