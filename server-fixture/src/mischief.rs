//! Demo mode only: a user's own connections to the real stream misbehave on request, so that a
//! page can show what reconnecting does without losing or repeating one real event.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::refusal::Refusal;

/// What is to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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

/// A wish for something to go wrong.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Wish {
    pub(crate) kind: Kind,
    /// How many of the next connections are refused.
    #[serde(default = "one")]
    times: u32,
    /// Length of a stall, or `Retry-After`.
    #[serde(default = "two")]
    seconds: u64,
}

fn one() -> u32 {
    1
}

fn two() -> u64 {
    2
}

/// What an open stream must do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Break,
    SilentUntil(Instant),
}

/// Wishes by user.
pub(crate) struct Mischief {
    refusals: Mutex<HashMap<String, Wish>>,
    orders: broadcast::Sender<(String, Order)>,
}

impl Mischief {
    pub(crate) fn new() -> Self {
        Self {
            refusals: Mutex::default(),
            orders: broadcast::Sender::new(64),
        }
    }

    fn refusals(&self) -> MutexGuard<'_, HashMap<String, Wish>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refusals are armed before streams break: who reconnects at once must meet them.
    pub(crate) fn wish(&self, user: &str, wish: Wish) {
        let order = match wish.kind {
            Kind::Stall => {
                let length = Duration::from_secs(wish.seconds.min(3600));
                Order::SilentUntil(Instant::now() + length)
            }
            _ => Order::Break,
        };
        if !matches!(wish.kind, Kind::Stall | Kind::Cut) && wish.times > 0 {
            self.refusals().insert(user.to_owned(), wish);
        }
        // Nobody listening is fine: then there is no stream to break.
        let _ = self.orders.send((user.to_owned(), order));
    }

    /// The wrong answer to this connection, if one was wished for.
    pub(crate) fn refuse(&self, user: &str) -> Option<Response> {
        let mut refusals = self.refusals();
        let wish = refusals.get_mut(user)?;
        wish.times -= 1;
        let Wish {
            kind,
            seconds,
            times,
        } = *wish;
        if times == 0 {
            refusals.remove(user);
        }
        Some(match kind {
            Kind::LoginPage => Html("<!doctype html><title>Sign in</title>").into_response(),
            Kind::Unauthorized => Refusal::unauthorized("Invalid token").into_response(),
            _ => Refusal::unavailable("Unavailable on request", seconds).into_response(),
        })
    }

    /// The orders from now on.
    pub(crate) fn orders(&self) -> Orders {
        Orders(self.orders.subscribe())
    }
}

/// Orders to all streams; each picks its user's.
pub(crate) struct Orders(broadcast::Receiver<(String, Order)>);

impl Orders {
    /// The next order for `user`.
    pub(crate) async fn next(&mut self, user: &str) -> Order {
        loop {
            match self.0.recv().await {
                Ok((name, order)) if name == user => return order,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                // Others' orders, or so many at once that some were missed: it is a demo.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    }
}
