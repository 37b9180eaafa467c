//! A proxy with axum that changes the events that pass through it.

use authenticated_event_source::event_stream::{ByteStreamExt, Error, Event};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::routing::get;
use futures_util::{Stream, StreamExt};
use reqwest::Client;
use reqwest::header::ACCEPT;
use serde_json::{Map, Value};

#[derive(Clone)]
struct Upstream {
    client: Client,
    url: String,
}

/// Serves the event stream at `upstream` as `/events`.
pub fn router(upstream: &str) -> Router {
    let upstream = Upstream {
        client: Client::new(),
        url: upstream.to_owned(),
    };
    Router::new()
        .route("/events", get(events))
        .with_state(upstream)
}

/// Dropping the response, because the client is gone, drops the request to the upstream server.
async fn events(
    State(Upstream { client, url }): State<Upstream>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Error<reqwest::Error>>>>, StatusCode> {
    let mut request = client.get(url).header(ACCEPT, "text/event-stream");
    // The upstream server resumes the stream, not the proxy.
    if let Some(id) = headers.get("last-event-id") {
        request = request.header("last-event-id", id);
    }
    let response = request.send().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    if response.status() != StatusCode::OK {
        return Err(response.status());
    }
    // An error ends the response without its last chunk. The client sees that it is incomplete.
    let events = response.bytes_stream().events();
    let events = events.map(|event| event.map(|event| rewrite(&event)));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Removes the member `internal` from data that is a JSON object, and keeps everything else.
fn rewrite(event: &Event) -> sse::Event {
    let data = match event.json::<Map<String, Value>>() {
        Ok(mut object) => {
            object.remove("internal");
            Value::Object(object).to_string()
        }
        Err(_) => event.data.clone(),
    };
    let mut rewritten = sse::Event::default().data(data);
    if event.event_type != "message" {
        rewritten = rewritten.event(&event.event_type);
    }
    if event.has_own_id {
        rewritten = rewritten.id(&*event.last_event_id);
    }
    rewritten
}
