//! `POST /demo/faults` and `POST /demo/lines`: demo mode's switches.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use tokio::time::interval;

use super::login::read;
use super::visit::Visit;
use crate::hub::Hub;
use crate::log::Draft;
use crate::mischief::Wish;
use crate::node::Node;
use crate::refusal::Refusal;

/// Lets the caller's own streams misbehave.
pub(crate) async fn faults(
    State(node): State<Arc<Node>>,
    visit: Visit,
    body: Result<Json<Wish>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let user = visit.user(&node)?;
    let Some(mischief) = &node.mischief else {
        return Err(demo_only());
    };
    let Json(wish) = read(body)?;
    mischief.wish(&user.name, wish);
    Ok(StatusCode::NO_CONTENT)
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

/// Writes lines into `/logs`, to see whether a page keeps up.
pub(crate) async fn lines(
    State(node): State<Arc<Node>>,
    visit: Visit,
    body: Result<Json<Lines>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    visit.user(&node)?;
    let Json(Lines {
        per_second,
        seconds,
    }) = read(body)?;
    if !node.config.demo {
        return Err(demo_only());
    }
    let Some(hub) = node.lines.clone() else {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "There is no log of lines",
        ));
    };
    let (per_second, seconds) = (per_second.min(10_000), seconds.min(60));
    node.in_background(async move { write(&hub, per_second, seconds).await });
    Ok(StatusCode::ACCEPTED)
}

async fn write(hub: &Hub, per_second: u32, seconds: u32) {
    let mut ticks = interval(Duration::from_millis(20));
    let mut number = 0_u64;
    for tick in 1..=u64::from(seconds) * 50 {
        ticks.tick().await;
        while number < tick * u64::from(per_second) / 50 {
            number += 1;
            let data = format!("line {number} of a burst of {per_second} a second");
            // The log of lines is in memory: it cannot be away.
            let _ = hub
                .publish(Draft {
                    data,
                    ..Draft::default()
                })
                .await;
        }
    }
}
