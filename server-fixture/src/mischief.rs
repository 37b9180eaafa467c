//! Demo mode only: a user's own connections to the real stream misbehave on request, so that a
//! page can show what reconnecting does without losing or repeating one real event.

use std::sync::Arc;

use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::log::LogError;
use crate::orders::{Order, Orders};
use crate::refusal::Refusal;

/// What is to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The open streams break off.
    Cut,
    /// The open streams say nothing for a while, not even heartbeats.
    Stall,
    /// The open streams break off, then 503 with `Retry-After`.
    Unavailable,
    /// The open streams break off, then 200 with an HTML page.
    LoginPage,
    /// The open streams break off, then 401.
    Unauthorized,
}

/// Longest stall, in seconds.
const MAX_SECONDS: u64 = 3600;
/// Most connections that one wish refuses.
const MAX_TIMES: u32 = 1000;

/// A wish for something to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Wish {
    pub(crate) kind: Kind,
    /// How many of the next connections are refused.
    #[serde(default = "one")]
    pub(crate) times: u32,
    /// Length of a stall, or `Retry-After`.
    #[serde(default = "two")]
    pub(crate) seconds: u64,
}

fn one() -> u32 {
    1
}

fn two() -> u64 {
    2
}

impl Wish {
    fn refuses(&self) -> bool {
        !matches!(self.kind, Kind::Stall | Kind::Cut) && self.times > 0
    }

    fn order(&self, user: String) -> Order {
        let seconds = self.seconds.min(MAX_SECONDS);
        match self.kind {
            Kind::Stall => Order::Silence { user, seconds },
            _ => Order::Break { user },
        }
    }

    fn response(&self) -> Response {
        match self.kind {
            Kind::LoginPage => Html("<!doctype html><title>Sign in</title>").into_response(),
            Kind::Unauthorized => Refusal::unauthorized("Invalid token").into_response(),
            _ => Refusal::unavailable("Unavailable on request", self.seconds).into_response(),
        }
    }
}

/// Makes wishes come true, on whichever node the connections are.
pub(crate) struct Mischief {
    pub(crate) orders: Orders,
    cluster: Arc<dyn Cluster>,
}

impl Mischief {
    pub(crate) fn new(orders: Orders, cluster: Arc<dyn Cluster>) -> Self {
        Self { orders, cluster }
    }

    /// Refusals are armed before streams break: who reconnects at once must meet them.
    pub(crate) async fn wish(&self, user: &str, wish: Wish) -> Result<(), LogError> {
        let times = wish.times.min(MAX_TIMES);
        let wish = Wish { times, ..wish };
        if wish.refuses() {
            self.cluster.arm(user, &wish).await?;
        }
        self.orders.give(&wish.order(user.to_owned())).await
    }

    /// The wrong answer to this request, if one was wished for.
    pub(crate) async fn refuse(&self, user: &str, request: &str) -> Option<Response> {
        let wish = self.cluster.refusal(user, request).await;
        // The store that is away has forgotten nothing, but nobody is to wait for a prank.
        wish.ok().flatten().map(|wish| wish.response())
    }
}
