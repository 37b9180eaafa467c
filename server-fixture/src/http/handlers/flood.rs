//! `GET /demo/flood?events=N`: events as fast as the client reads them, to compare clients.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::stream;

use super::demo::demo_only;
use crate::encode::{Event, encode};
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::limits::StreamPermit;
use crate::sse::open_stream::stream_response;
use crate::state::AppState;
use crate::util::query_value;

/// Events per write.
const BLOCK: usize = 500;
const DEFAULT_EVENTS: usize = 200_000;
const MAX_EVENTS: usize = 2_000_000;

/// Streams events without ids. They are not in the event log, so a client cannot resume.
pub(in crate::http) async fn flood(
    State(state): State<Arc<AppState>>,
    context: RequestContext,
) -> Result<Response, HttpError> {
    if !state.config.demo {
        return Err(demo_only());
    }
    if state.shutting_down.is_cancelled() {
        return Err(HttpError::shutting_down());
    }
    context.check_rate_limit(&state, None).await?;
    let events = query_value(context.uri.query(), "events").and_then(|text| text.parse().ok());
    let flood = Flood {
        _permit: state.limits.acquire(context.ip, None)?,
        remaining: events.unwrap_or(DEFAULT_EVENTS).min(MAX_EVENTS),
        full_block: block(BLOCK),
    };
    let blocks = stream::unfold(flood, |mut flood| async move {
        let block = flood.next_block()?;
        Some((Ok::<_, Infallible>(block), flood))
    });
    Ok(stream_response(Body::from_stream(blocks), "earliest"))
}

struct Flood {
    /// Lives as long as the stream, so that the limits count the stream.
    _permit: StreamPermit,
    remaining: usize,
    /// A block of full length. It is encoded once, because a comparison must measure the clients
    /// and not this server.
    full_block: Bytes,
}

impl Flood {
    fn next_block(&mut self) -> Option<Bytes> {
        let events = self.remaining.min(BLOCK);
        self.remaining -= events;
        match events {
            0 => None,
            BLOCK => Some(self.full_block.clone()),
            _ => Some(block(events)),
        }
    }
}

fn block(events: usize) -> Bytes {
    let mut out = BytesMut::new();
    for number in 0..events {
        let data = format!(r#"{{"symbol":"SSE","price":{number},"size":100}}"#);
        // Encoding fails only on an id or a type, and these events have none.
        let event = Event {
            data: &data,
            ..Event::default()
        };
        out.extend_from_slice(&encode(&event).unwrap_or_default());
    }
    out.freeze()
}
