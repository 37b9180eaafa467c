//! The reference's connection limits: per node, user and address.

use serde_json::json;

use crate::support::Server;
use crate::{metric, wait_for_metric};

#[tokio::test]
async fn connection_limit_of_the_node_returns_503_until_a_stream_closes() {
    let server = Server::start(&["--max-connections", "2", "--heartbeat", "0.05"]).await;
    let ann = server.login("ann").await;
    let (first, _second) = (ann.open("/events").await, ann.open("/events").await);
    let full = ann.get("/events").await;
    assert_eq!(full.status, 503);
    assert_eq!(
        full.json(),
        json!({ "error": "Too many connections", "retry_after": 60 })
    );
    assert_eq!(full.header("retry-after"), "60");
    assert_eq!(
        metric(&server, "sse_rejected_total{reason=\"node\"}")
            .await
            .as_deref(),
        Some("1")
    );
    drop(first);
    wait_for_metric(&server, "sse_active_connections", "1").await;
    ann.open("/events").await;
}

#[tokio::test]
async fn connection_limits_of_user_and_address_return_429() {
    let server = Server::start(&["--max-per-user", "1"]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let _first = ann.open("/events").await;
    assert_eq!(ann.get("/events").await.status, 429);
    let _other = bob.open("/events").await;
    let server = Server::start(&["--max-per-ip", "1"]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let _first = ann.open("/events").await;
    let refused = bob.get("/events").await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after")),
        (429, "60")
    );
}
