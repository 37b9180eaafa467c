//! The reference's metrics for Prometheus.

use crate::support::Server;
use crate::{metric, wait_for_metric};

#[tokio::test]
async fn prometheus_has_the_reference_names_and_bounded_labels() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    for event_type in ["update", "made-up-1", "made-up-2"] {
        ann.publish(event_type, "x").await;
        stream.until(event_type).await;
    }
    assert_eq!(
        metric(&server, "sse_active_connections").await.as_deref(),
        Some("1")
    );
    assert_eq!(
        metric(&server, "sse_connections_total").await.as_deref(),
        Some("1")
    );
    let sent = |name: &str| format!("sse_messages_sent_total{{event_type=\"{name}\"}}");
    assert_eq!(metric(&server, &sent("update")).await.as_deref(), Some("1"));
    assert_eq!(metric(&server, &sent("other")).await.as_deref(), Some("2"));
    assert!(
        !server
            .client()
            .get("/metrics")
            .await
            .text()
            .contains("made-up")
    );
}

#[tokio::test]
async fn prometheus_counts_rejections_resumes_gaps_ends_and_lag() {
    let server = Server::start(&["--max-connections", "1"]).await;
    let ann = server.login("ann").await;
    let id = ann.publish("update", "x").await;
    let stream = ann.open("/events").await;
    assert_eq!(ann.get("/events").await.status, 503);
    drop(stream);
    for cursor in [id.as_str(), "7-7"] {
        wait_for_metric(&server, "sse_active_connections", "0").await;
        ann.clone()
            .with("last-event-id", cursor)
            .open("/events")
            .await;
    }
    wait_for_metric(&server, "sse_disconnects_total{reason=\"client\"}", "3").await;
    for (name, value) in [
        ("sse_rejected_total{reason=\"node\"}", "1"),
        ("sse_resumes_total{outcome=\"first\"}", "1"),
        ("sse_resumes_total{outcome=\"resumed\"}", "1"),
        ("sse_resumes_total{outcome=\"gap\"}", "1"),
        ("sse_gaps_total{reason=\"epoch\"}", "1"),
        ("sse_published_total", "1"),
        ("sse_log_connected", "1"),
    ] {
        assert_eq!(
            metric(&server, name).await.as_deref(),
            Some(value),
            "{name}"
        );
    }
    let text = server.client().get("/metrics").await.text();
    assert!(text.contains("sse_client_lag_events_bucket"), "{text}");
}
