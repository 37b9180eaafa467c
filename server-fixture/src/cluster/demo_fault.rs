//! The faults that a page of the demo can request.

use serde::{Deserialize, Serialize};

/// The kind of a fault. Every kind except `Stall` first breaks the open streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DemoFaultKind {
    /// Only breaks the open streams.
    Cut,
    /// The open streams send nothing for a while, not even heartbeats.
    Stall,
    /// Responds with 503 and `Retry-After`.
    Unavailable,
    /// Responds with 200 and an HTML page.
    LoginPage,
    /// Responds with 401.
    Unauthorized,
}

/// One fault, as the body of `POST /demo/faults` describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct DemoFault {
    pub(crate) kind: DemoFaultKind,
    /// The number of connections that are rejected.
    #[serde(default = "one")]
    pub(crate) times: u32,
    /// The length of a stall, or the value of `Retry-After`.
    #[serde(default = "two")]
    pub(crate) seconds: u64,
}

fn one() -> u32 {
    1
}

fn two() -> u64 {
    2
}
