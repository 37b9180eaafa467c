//! `GET /demo/flood?events=N`: as many events as fast as the client takes them, to race clients.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::stream;

use super::demo::demo_only;
use super::open::response;
use super::visit::Visit;
use crate::admit::Permit;
use crate::frame::{Event, encode};
use crate::node::Node;
use crate::refusal::Refusal;
use crate::text::query_value;

/// Events of one write.
const BLOCK: usize = 500;
const DEFAULT: usize = 200_000;
const MAX: usize = 2_000_000;

/// The events have no ids: they come from no log, and nobody can resume here.
pub(crate) async fn flood(
    State(node): State<Arc<Node>>,
    visit: Visit,
) -> Result<Response, Refusal> {
    if !node.config.demo {
        return Err(demo_only());
    }
    node.refuse_if_leaving()?;
    let asked = query_value(visit.uri.query(), "events").and_then(|text| text.parse().ok());
    let flood = Flood {
        _permit: node.admission.admit(visit.ip, None)?,
        left: asked.unwrap_or(DEFAULT).min(MAX),
        full: block(BLOCK),
    };
    let blocks = stream::unfold(flood, |mut flood| async move {
        let block = flood.next_block()?;
        Some((Ok::<_, Infallible>(block), flood))
    });
    Ok(response(Body::from_stream(blocks), "earliest"))
}

struct Flood {
    /// Lives as long as the stream, so that a flood counts as the connection it is.
    _permit: Permit,
    left: usize,
    /// A block of full length, made once: the server must not be what is measured.
    full: Bytes,
}

impl Flood {
    fn next_block(&mut self) -> Option<Bytes> {
        let events = self.left.min(BLOCK);
        self.left -= events;
        match events {
            0 => None,
            BLOCK => Some(self.full.clone()),
            _ => Some(block(events)),
        }
    }
}

fn block(events: usize) -> Bytes {
    let mut out = BytesMut::new();
    for number in 0..events {
        let data = format!(r#"{{"symbol":"SSE","price":{number},"size":100}}"#);
        // Only an id or a type could be refused.
        let event = Event {
            data: &data,
            ..Event::default()
        };
        out.extend_from_slice(&encode(&event).unwrap_or_default());
    }
    out.freeze()
}
