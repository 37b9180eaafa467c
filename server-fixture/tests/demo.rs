//! Demo mode on one node: faults of the caller's streams, and lines for `/logs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::time::Duration;

use serde_json::json;
use support::{Seen, Server, soon};
use tokio::time::Instant;

#[tokio::test]
async fn cut_breaks_only_the_callers_streams_and_loses_no_event() {
    let server = Server::start(&[]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let (mut hers, mut his) = (ann.open("/events").await, bob.open("/events").await);
    assert_eq!(
        ann.post("/demo/faults", json!({ "kind": "cut" }))
            .await
            .status,
        204
    );
    assert!(hers.try_all().await.is_err(), "broken, not ended");
    ann.publish("update", "missed").await;
    assert_eq!(his.until("update").await.data, "missed");
    let again = ann.clone().with("last-event-id", &hers.last_event_id);
    assert_eq!(
        again.open("/events").await.until("update").await.data,
        "missed"
    );
}

#[tokio::test]
async fn unavailable_rejects_the_given_number_of_connections() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let fault = json!({ "kind": "unavailable", "times": 2, "seconds": 7 });
    ann.post("/demo/faults", fault).await;
    for _ in 0..2 {
        let rejected = ann.get("/events").await;
        assert_eq!(
            (rejected.status.as_u16(), rejected.header("retry-after")),
            (503, "7")
        );
    }
    ann.open("/events").await;
    ann.post("/demo/faults", json!({ "kind": "login-page" }))
        .await;
    assert_eq!(
        ann.get("/events").await.header("content-type"),
        "text/html; charset=utf-8"
    );
    ann.post("/demo/faults", json!({ "kind": "unauthorized" }))
        .await;
    assert_eq!(ann.get("/events").await.status, 401);
    ann.open("/events").await;
}

#[tokio::test]
async fn stall_silences_the_stream_and_then_sends_all_events() {
    let server = Server::start(&["--heartbeat", "0.1"]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    stream.event().await;
    let begin = Instant::now();
    ann.post("/demo/faults", json!({ "kind": "stall", "seconds": 1 }))
        .await;
    ann.publish("update", "late").await;
    assert_eq!(stream.until("update").await.data, "late");
    assert!(
        begin.elapsed() >= Duration::from_millis(800),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn logs_contain_burst_lines_and_requests_without_their_queries() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = server.client().open("/logs").await;
    ann.get("/health/live?token=secret").await;
    let line = soon(async {
        loop {
            let line = stream.event().await.data;
            if line.contains("/health/live") {
                return line;
            }
        }
    })
    .await;
    assert!(
        line.starts_with("GET /health/live 200 ") && !line.contains("secret"),
        "{line}"
    );
    let lines = json!({ "per_second": 1000, "seconds": 1 });
    assert_eq!(ann.post("/demo/lines", lines).await.status, 202);
    while stream.event().await.data != "line 1000 of a burst of 1000 a second" {}
}

#[tokio::test]
async fn demo_endpoints_reject_requests_outside_demo_mode() {
    let server = Server::start(&[]).await;
    let token = server.client().token("ann", 60).await;
    let secret = "x".repeat(32);
    let strict = Server::bare(&["--jwt-secret", &secret, "--metrics-interval", "0"]).await;
    let foreign = strict
        .client()
        .with("authorization", &format!("Bearer {token}"));
    assert_eq!(
        foreign
            .post("/demo/faults", json!({ "kind": "cut" }))
            .await
            .status,
        401
    );
    assert_eq!(
        strict.client().post("/demo/lines", json!({})).await.status,
        401
    );
}

#[tokio::test]
async fn stalled_stream_still_ends_at_a_logout_at_the_end_of_its_token_and_at_a_shutdown() {
    let server = Server::start(&["--heartbeat", "0.1"]).await;
    for end in ["logout", "token", "shutdown"] {
        let ann = server.client().login("ann", 2).await;
        let mut stream = ann.open("/events").await;
        let stall = json!({ "kind": "stall", "seconds": 3600 });
        assert_eq!(ann.post("/demo/faults", stall).await.status, 204);
        match end {
            "logout" => assert_eq!(ann.request("POST", "/logout").await.status, 204),
            "shutdown" => server.begin_stop(),
            _ => {}
        }
        let rest = stream.rest().await;
        let is_shutdown = |item: &Seen| matches!(item, Seen::Event { event_type, .. } if event_type == "shutdown");
        assert_eq!(rest.iter().any(is_shutdown), end == "shutdown", "{rest:?}");
    }
}
