//! A server with axum: ids, resumption, heartbeats, CORS and refusals.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::sync::watch;
use tower_http::cors::CorsLayer;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const SSE_HEARTBEAT: HeaderName = HeaderName::from_static("sse-heartbeat");

/// The latest events. In production this is a database or a broker, which survives a restart.
pub struct Log {
    events: Mutex<VecDeque<(u64, String)>>,
    /// The ID of the latest event. Its subscribers wake up when it changes. `None`: the server stops.
    last_id: watch::Sender<Option<u64>>,
}

impl Log {
    pub fn new() -> Arc<Self> {
        let events = Mutex::default();
        let last_id = watch::Sender::new(Some(0));
        Arc::new(Self { events, last_id })
    }

    /// Adds an event. Every open stream receives it.
    pub fn publish(&self, text: impl Into<String>) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last_id) = *self.last_id.borrow() else {
            return;
        };
        events.push_back((last_id + 1, text.into()));
        if events.len() > 1000 {
            events.pop_front();
        }
        self.last_id.send_replace(Some(last_id + 1));
    }

    /// Before a restart: ends all streams, and refuses new ones.
    pub fn stop(&self) {
        self.last_id.send_replace(None);
    }

    /// Returns the first event after an ID.
    fn after(&self, id: u64) -> Option<(u64, String)> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().find(|event| event.0 > id).cloned()
    }
}

/// Serves the log as `/events` to pages of `origin`.
pub fn router(log: Arc<Log>, origin: HeaderValue) -> Router {
    // Also adds its headers to errors.
    let cors = CorsLayer::new()
        .allow_origin(origin)
        .allow_headers([header::AUTHORIZATION, LAST_EVENT_ID])
        .expose_headers([header::RETRY_AFTER, header::WWW_AUTHENTICATE, SSE_HEARTBEAT])
        .max_age(Duration::from_secs(600));
    Router::new()
        .route("/events", get(events))
        .layer(cors)
        .with_state(log)
}

async fn events(State(log): State<Arc<Log>>, headers: HeaderMap) -> Response {
    let Some(last_id) = *log.last_id.borrow() else {
        let later = [(header::RETRY_AFTER, "5")];
        return (StatusCode::SERVICE_UNAVAILABLE, later).into_response();
    };
    // Replace the comparison with the check of your tokens.
    let token = headers.get(header::AUTHORIZATION);
    if token.is_none_or(|token| token != "Bearer secret") {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    let after = match headers.get(LAST_EVENT_ID) {
        None => last_id,
        // An ID that this log does not know is from before a restart: send all that is left.
        Some(id) => id
            .to_str()
            .ok()
            .and_then(|id| id.parse().ok())
            .filter(|id| *id <= last_id)
            .unwrap_or(0),
    };
    let heartbeat = KeepAlive::new()
        .interval(Duration::from_secs(15))
        .text("heartbeat");
    let headers = [
        (header::CACHE_CONTROL, "no-store, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (SSE_HEARTBEAT, "15"),
    ];
    let body = Sse::new(follow(log, after)).keep_alive(heartbeat);
    (headers, body).into_response()
}

/// Yields each event after an ID. A slow client falls behind in the log, and costs no memory.
fn follow(log: Arc<Log>, after: u64) -> impl stream::Stream<Item = Result<Event, Infallible>> {
    let changes = log.last_id.subscribe();
    stream::unfold((changes, after), move |(mut changes, after)| {
        let log = Arc::clone(&log);
        async move {
            loop {
                changes.borrow_and_update().as_ref()?;
                if let Some((id, text)) = log.after(after) {
                    // `data` would end two lines at a CRLF.
                    let text = text.replace("\r\n", "\n");
                    let event = Event::default().id(id.to_string()).event("metrics");
                    return Some((Ok(event.data(text)), (changes, id)));
                }
                changes.changed().await.ok()?;
            }
        }
    })
}
