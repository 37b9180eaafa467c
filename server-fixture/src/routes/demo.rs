//! `POST /demo/faults` and `POST /demo/lines`: demo mode's switches.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;

use super::visit::Visit;
use crate::burst::{MAX_RATE, MAX_SECONDS};
use crate::log::LogError;
use crate::mischief::{Mischief, Wish};
use crate::node::Node;
use crate::orders::Order;
use crate::refusal::Refusal;

/// Lets the caller's own streams misbehave.
pub(crate) async fn faults(
    State(node): State<Arc<Node>>,
    visit: Visit,
    body: Result<Json<Wish>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let user = visit.user(&node)?;
    let mischief = mischief(&node)?;
    let Json(wish) = body?;
    let told = mischief.wish(&user.name, wish).await;
    told.map_err(untold)?;
    Ok(StatusCode::NO_CONTENT)
}

fn mischief(node: &Node) -> Result<&Mischief, Refusal> {
    node.mischief.as_deref().ok_or_else(demo_only)
}

fn untold(_: LogError) -> Refusal {
    Refusal::unavailable("The other nodes were not told", 1)
}

pub(super) fn demo_only() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "This exists with --demo only")
}

#[derive(Deserialize)]
pub(crate) struct Lines {
    /// At most 10,000.
    per_second: u32,
    /// At most 60.
    seconds: u32,
}

/// Writes lines into `/logs` of every node, to see whether a page keeps up.
pub(crate) async fn lines(
    State(node): State<Arc<Node>>,
    visit: Visit,
    body: Result<Json<Lines>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    visit.user(&node)?;
    let mischief = mischief(&node)?;
    let Json(lines) = body?;
    let order = Order::Write {
        per_second: lines.per_second.min(MAX_RATE),
        seconds: lines.seconds.min(MAX_SECONDS),
    };
    mischief.orders.give(&order).await.map_err(untold)?;
    Ok(StatusCode::ACCEPTED)
}
