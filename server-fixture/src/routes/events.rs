//! `GET /events` and the other streams that are read from a hub.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;

use super::open::open;
use super::visit::Visit;
use crate::cursor::Requested;
use crate::filter::Filter;
use crate::node::Node;
use crate::refusal::Refusal;
use crate::text::query_value;

/// The main stream: needs a token, `?types=a,b` narrows it.
pub(crate) async fn events(
    State(node): State<Arc<Node>>,
    visit: Visit,
) -> Result<Response, Refusal> {
    let user = visit.user(&node)?;
    if let Some(mischief) = &node.mischief
        && let Some(response) = mischief.refuse(&user.name, &visit.request_id()).await
    {
        return Ok(response);
    }
    visit.count(&node, Some(&user)).await?;
    let types = query_value(visit.uri.query(), "types").map(|types| {
        types
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    });
    let ask = Ask::new(
        &visit,
        Filter {
            user: Some(user),
            types,
        },
    );
    open(&node, &node.events, ask, node.first_connect()).await
}

/// The textbook's dashboard stream: only figures and notifications, open to everybody unless
/// the server protects all.
pub(crate) async fn dashboard(
    State(node): State<Arc<Node>>,
    visit: Visit,
) -> Result<Response, Refusal> {
    let user = visit.plain_user(&node)?;
    visit.count(&node, user.as_ref()).await?;
    let filter = Filter {
        user,
        types: Some(Node::dashboard_types()),
    };
    open(
        &node,
        &node.events,
        Ask::new(&visit, filter),
        node.first_connect(),
    )
    .await
}

/// Who asks for a stream, and from where on.
pub(crate) struct Ask {
    pub(super) requested: Requested,
    pub(super) ip: IpAddr,
    pub(super) filter: Filter,
}

impl Ask {
    pub(crate) fn new(visit: &Visit, filter: Filter) -> Self {
        Self {
            requested: requested(&visit.headers, &visit.uri),
            ip: visit.ip,
            filter,
        }
    }

    pub(super) fn user_name(&self) -> Option<&str> {
        self.filter.user.as_ref().map(|user| user.name.as_str())
    }
}

fn requested(headers: &HeaderMap, uri: &Uri) -> Requested {
    Requested::from_bytes(&last_event_id(headers, uri))
}

/// The header, else one of the two query names that clients in the wild use; empty if there is none.
pub(super) fn last_event_id(headers: &HeaderMap, uri: &Uri) -> Vec<u8> {
    let header = headers
        .get("last-event-id")
        .map_or(&b""[..], HeaderValue::as_bytes);
    if !header.trim_ascii().is_empty() {
        return header.to_vec();
    }
    ["last_event_id", "lastEventId"]
        .iter()
        .find_map(|name| query_value(uri.query(), name))
        .map(String::into_bytes)
        .unwrap_or_default()
}
