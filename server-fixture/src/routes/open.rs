//! How a stream begins: admission, the place it starts from, and its first bytes.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use serde_json::json;

use super::events::Ask;
use crate::admit::Permit;
use crate::cursor::{Cursor, Requested};
use crate::frame;
use crate::hub::Hub;
use crate::node::Node;
use crate::notices::{event, gap_frame};
use crate::refusal::Refusal;
use crate::resume::{FirstConnect, Start};
use crate::stay::Stay;
use crate::stream::Subscription;
use crate::text::random_hex;

/// Names the place that a stream goes on from: a cursor, or `earliest` after a gap.
pub(crate) const RESUMED_FROM: HeaderName = HeaderName::from_static("sse-resumed-from");

/// After how many seconds at most a stream says something, so that a client can tell a quiet stream
/// from one that a proxy holds back.
pub(crate) const HEARTBEAT: HeaderName = HeaderName::from_static("sse-heartbeat");

/// Opens a stream over `hub`, or refuses it: errors before the first byte are HTTP.
pub(crate) async fn open(
    node: &Arc<Node>,
    hub: &Arc<Hub>,
    ask: Ask,
    first_connect: FirstConnect,
) -> Result<Response, Refusal> {
    node.refuse_if_leaving()?;
    let permit = node.admission.admit(ask.ip, ask.user_name())?;
    let start = hub.place(&ask.requested, first_connect).await;
    let start = start.map_err(|_| Refusal::unavailable("The event log is not available", 1))?;
    node.figures.resumed(outcome(&ask.requested, &start));
    if let Start::Gap(_, gap) = &start {
        permit.lost(gap.reason);
    }
    let (_, resumed_from) = anchor(&start);
    let stream = subscription(node, hub, ask, &start, permit);
    let mut response = response(Body::from_stream(stream.into_stream()), &resumed_from);
    let heartbeat = node.config.heartbeat;
    let seconds = heartbeat.as_secs() + u64::from(heartbeat.subsec_nanos() > 0);
    response.headers_mut().insert(HEARTBEAT, seconds.into());
    Ok(response)
}

fn subscription(
    node: &Arc<Node>,
    hub: &Arc<Hub>,
    ask: Ask,
    start: &Start,
    permit: Permit,
) -> Subscription {
    Subscription {
        tail: hub.tail(),
        hub: Arc::clone(hub),
        cursor: anchor(start).0,
        opening: Some(opening(node, &ask, start)),
        stay: Stay::new(node, ask.filter.user.as_ref()),
        revoked: node.revocations.news(),
        filter: ask.filter,
        heartbeat: node.config.heartbeat,
        drain: node.drain.clone(),
        permit,
        orders: node.mischief.as_ref().map(|m| m.orders.listen()),
        is_over: false,
    }
}

fn outcome(requested: &Requested, start: &Start) -> &'static str {
    match (requested, start) {
        (Requested::Nothing, _) => "first",
        (_, Start::After(_)) => "resumed",
        (_, Start::Gap(..)) => "gap",
    }
}

fn anchor(start: &Start) -> (Cursor, String) {
    match start {
        Start::After(cursor) => (*cursor, cursor.to_string()),
        Start::Gap(cursor, _) => (*cursor, "earliest".to_owned()),
    }
}

/// The first bytes: how long to wait before reconnecting, what was lost, where the client stands
/// (so that it can resume even if it never gets an event), and who it is.
fn opening(node: &Node, ask: &Ask, start: &Start) -> Bytes {
    let (cursor, resumed_from) = anchor(start);
    let connected = json!({
        "clientId": random_hex(8),
        "user": ask.user_name(),
        "node": node.name,
        "resumedFrom": resumed_from,
    });
    let retry = jittered(node.config.retry);
    let mut out = BytesMut::from(&frame::retry(retry)[..]);
    // Before the cursor: a link that drops between the two must not hide the loss.
    if let Start::Gap(_, gap) = start {
        out.extend_from_slice(&gap_frame(gap));
    }
    out.extend_from_slice(&frame::cursor(&cursor.to_string()));
    out.extend_from_slice(&event("connected", &connected.to_string()));
    if ask.requested == Requested::Nothing {
        out.extend_from_slice(&event(
            "",
            &json!({ "text": "Connected to server" }).to_string(),
        ));
    }
    out.freeze()
}

/// A tenth more or less: clients that were cut off together must not come back together.
fn jittered(millis: u64) -> u64 {
    millis - millis / 10 + fastrand::u64(0..=millis / 5)
}

/// `no-transform` and `X-Accel-Buffering` keep proxies from holding the stream back. Connection
/// headers are HTTP/1.1's own affair, and illegal on HTTP/2.
pub(crate) fn response(body: Body, resumed_from: &str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let fixed = |text| HeaderValue::from_static(text);
    headers.insert(header::CONTENT_TYPE, fixed("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, fixed("no-cache, no-transform"));
    headers.insert("x-accel-buffering", fixed("no"));
    if let Ok(value) = HeaderValue::from_str(resumed_from) {
        headers.insert(RESUMED_FROM, value);
    }
    response
}
