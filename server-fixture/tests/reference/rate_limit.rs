//! The reference's rate limit.

use serde_json::json;

use crate::support::{Server, soon};

#[tokio::test]
async fn rate_limit_counts_connects_and_publishes_and_returns_429() {
    let server = Server::start(&["--rate-limit", "3"]).await;
    let ann = server.login("ann").await;
    for _ in 0..20 {
        assert_eq!(ann.get("/metrics").await.status, 200);
    }
    ann.open("/events").await;
    ann.publish("update", "x").await;
    ann.open("/api/metrics").await;
    let refused = ann.get("/events").await;
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((890..=901).contains(&seconds), "{seconds}");
    assert_eq!(refused.json()["retry_after"], seconds);
    server.login("bob").await.open("/events").await;
}

#[tokio::test]
async fn rate_limit_window_ends() {
    let server = Server::start(&["--rate-limit", "1", "--rate-window", "0.3"]).await;
    let ann = server.login("ann").await;
    ann.publish("update", "x").await;
    let publish = || ann.post("/publish", json!({ "type": "update", "data": "y" }));
    soon(async { while publish().await.status != 200 {} }).await;
}
