//! The reference's basic endpoint: periodic events, cleanup on disconnect, and CORS.

use crate::support::Server;
use crate::wait_for_metric;

#[tokio::test]
async fn basic_endpoint_sends_periodic_events_and_no_hop_by_hop_headers() {
    let server = Server::start(&["--metrics-interval", "0.05"]).await;
    let mut stream = server.login("ann").await.open("/events").await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "no-cache, no-transform");
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    assert!(!stream.headers.contains_key("connection"));
    for _ in 0..3 {
        stream.until("metrics").await;
    }
}

#[tokio::test]
async fn basic_endpoint_cleans_up_when_the_client_disconnects() {
    let server = Server::start(&["--heartbeat", "0.05"]).await;
    let stream = server.login("ann").await.open("/events").await;
    wait_for_metric(&server, "sse_active_connections", "1").await;
    drop(stream);
    wait_for_metric(&server, "sse_active_connections", "0").await;
    wait_for_metric(&server, "sse_disconnects_total{reason=\"client\"}", "1").await;
}

#[tokio::test]
async fn cors_allows_listed_origins_only_and_varies_by_origin() {
    let server = Server::start(&["--allow-origin", "https://app.example"]).await;
    let listed = server
        .client()
        .with("origin", "https://app.example")
        .get("/health/live")
        .await;
    assert_eq!(
        listed.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    assert!(listed.header("vary").contains("origin"));
    let other = server
        .client()
        .with("origin", "https://evil.example")
        .get("/health/live")
        .await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn cors_preflight_allows_authorization_and_last_event_id() {
    let server = Server::start(&["--allow-origin", "https://app.example"]).await;
    let client = server
        .client()
        .with("origin", "https://app.example")
        .with("access-control-request-method", "GET")
        .with(
            "access-control-request-headers",
            "authorization,last-event-id",
        );
    let answer = client.request("OPTIONS", "/events").await;
    let allowed = answer.header("access-control-allow-headers").to_owned();
    assert_eq!(answer.status, 200);
    assert!(
        allowed.contains("authorization") && allowed.contains("last-event-id"),
        "{allowed}"
    );
}

#[tokio::test]
async fn cors_headers_are_on_errors_too_and_expose_what_clients_must_read() {
    let server = Server::start(&["--allow-origin", "https://app.example"]).await;
    let answer = server
        .client()
        .with("origin", "https://app.example")
        .get("/events")
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(
        answer.header("access-control-expose-headers"),
        "retry-after,sse-resumed-from,sse-heartbeat"
    );
}
