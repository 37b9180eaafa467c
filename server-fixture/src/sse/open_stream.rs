//! Opens a stream: checks the limits, finds the position to start from, and writes the first bytes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use serde_json::json;
use tokio::sync::watch;

use super::control_events::{control_event, gap_event};
use super::filter::Filter;
use super::headers::{SSE_HEARTBEAT, SSE_RESUMED_FROM};
use super::lifetime::StreamLifetime;
use super::stream_fault::StreamFaults;
use super::subscription::Subscription;
use crate::encode;
use crate::event_log::cursor::{Cursor, Requested};
use crate::event_log::hub::Hub;
use crate::event_log::resume::{FirstConnect, Start};
use crate::limits::{LimitError, StreamPermit};
use crate::state::AppState;
use crate::util::random_hex;

/// The request for one stream.
pub(crate) struct StreamRequest {
    pub(crate) requested: Requested,
    /// The start of a stream without a cursor.
    pub(crate) first_connect: FirstConnect,
    pub(crate) ip: IpAddr,
    pub(crate) filter: Filter,
    /// The faults that demo mode requests for this stream.
    pub(crate) faults: StreamFaults,
}

impl StreamRequest {
    fn user_name(&self) -> Option<&str> {
        self.filter.user.as_ref().map(|user| user.name.as_str())
    }
}

/// The reason that a stream was not opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    ShuttingDown,
    Limit(LimitError),
    LogUnavailable,
}

/// Opens a stream over `hub`. After the first byte an error can no longer be an HTTP response, so
/// everything that can fail happens here.
pub(crate) async fn open_stream(
    state: &Arc<AppState>,
    hub: &Arc<Hub>,
    request: StreamRequest,
) -> Result<Response, OpenError> {
    if state.shutting_down.is_cancelled() {
        return Err(OpenError::ShuttingDown);
    }
    let permit = state.limits.acquire(request.ip, request.user_name());
    let permit = permit.map_err(OpenError::Limit)?;
    let tail = hub.tail();
    let start = hub.find_start(&request.requested, request.first_connect);
    let start = start.await.map_err(|_| OpenError::LogUnavailable)?;
    state.metrics.resumed(outcome(&request.requested, &start));
    if let Start::Gap(_, gap) = &start {
        permit.count_gap(gap.reason.as_str());
    }
    let (_, resumed_from) = position(&start);
    let stream = subscription(state, hub, tail, request, &start, permit);
    let mut response = stream_response(Body::from_stream(stream.into_stream()), &resumed_from);
    let heartbeat = state.config.heartbeat;
    let seconds = heartbeat.as_secs() + u64::from(heartbeat.subsec_nanos() > 0);
    response.headers_mut().insert(SSE_HEARTBEAT, seconds.into());
    Ok(response)
}

fn subscription(
    state: &Arc<AppState>,
    hub: &Arc<Hub>,
    tail: watch::Receiver<Cursor>,
    request: StreamRequest,
    start: &Start,
    permit: StreamPermit,
) -> Subscription {
    let announced_epoch = match start {
        Start::After(_) => 0,
        Start::Gap(..) => tail.borrow().epoch,
    };
    Subscription {
        announced_epoch,
        tail,
        hub: Arc::clone(hub),
        cursor: position(start).0,
        queued: Some(opening(state, &request, start)),
        lifetime: StreamLifetime::new(state, request.filter.user.as_ref()),
        revoked: state.revocations.subscribe(),
        filter: request.filter,
        heartbeat: state.config.heartbeat,
        drain: state.drain.clone(),
        permit,
        faults: request.faults,
        is_finished: false,
    }
}

fn outcome(requested: &Requested, start: &Start) -> &'static str {
    match (requested, start) {
        (Requested::Nothing, _) => "first",
        (_, Start::After(_)) => "resumed",
        (_, Start::Gap(..)) => "gap",
    }
}

/// Returns the cursor to start from and the value of `SSE-Resumed-From`.
fn position(start: &Start) -> (Cursor, String) {
    match start {
        Start::After(cursor) => (*cursor, cursor.to_string()),
        Start::Gap(cursor, _) => (*cursor, "earliest".to_owned()),
    }
}

/// Encodes the first bytes: reconnection time, gap, cursor and `connected`. With the cursor, a
/// client can resume even if it never receives an event.
fn opening(state: &AppState, request: &StreamRequest, start: &Start) -> Bytes {
    let (cursor, resumed_from) = position(start);
    let connected = json!({
        "clientId": random_hex(8),
        "user": request.user_name(),
        "node": state.node_name,
        "resumedFrom": resumed_from,
    });
    let retry = jittered(state.config.retry);
    let mut out = BytesMut::from(&encode::retry(retry)[..]);
    // The gap precedes the cursor. A connection that fails between the two must not hide the gap.
    if let Start::Gap(_, gap) = start {
        out.extend_from_slice(&gap_event(gap));
    }
    out.extend_from_slice(&encode::cursor(&cursor.to_string()));
    out.extend_from_slice(&control_event("connected", &connected.to_string()));
    if request.requested == Requested::Nothing {
        let welcome = json!({ "text": "Connected to server" }).to_string();
        out.extend_from_slice(&control_event("", &welcome));
    }
    out.freeze()
}

/// Returns up to a tenth more or less, so that clients that lost their connections together do not
/// reconnect together.
fn jittered(millis: u64) -> u64 {
    millis - millis / 10 + fastrand::u64(0..=millis / 5)
}

/// Returns a stream response. `no-transform` and `X-Accel-Buffering` keep proxies from buffering.
/// The response has no `Connection` header, because HTTP/2 forbids it (RFC 9113, section 8.2.2).
pub(crate) fn stream_response(body: Body, resumed_from: &str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let fixed = |text| HeaderValue::from_static(text);
    headers.insert(header::CONTENT_TYPE, fixed("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, fixed("no-cache, no-transform"));
    headers.insert("x-accel-buffering", fixed("no"));
    if let Ok(value) = HeaderValue::from_str(resumed_from) {
        headers.insert(SSE_RESUMED_FROM, value);
    }
    response
}
