//! The reference's resume by `Last-Event-ID`.

use crate::metric;
use crate::support::Server;

#[tokio::test]
async fn resume_by_header_loses_and_repeats_no_event() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    ann.publish("update", "1").await;
    stream.until("update").await;
    let cursor = stream.last_event_id.clone();
    drop(stream);
    for data in ["2", "3"] {
        ann.publish("update", data).await;
    }
    let mut resumed = ann
        .clone()
        .with("last-event-id", &cursor)
        .open("/events")
        .await;
    assert_eq!(resumed.headers["sse-resumed-from"], cursor.as_str());
    assert_eq!(resumed.headers["sse-heartbeat"], "30");
    ann.publish("update", "4").await;
    for data in ["2", "3", "4"] {
        assert_eq!(resumed.event().await.data, data);
    }
}

#[tokio::test]
async fn resume_works_from_the_cursor_of_a_stream_without_events() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let cursor = ann.open("/events").await.last_event_id;
    assert!(!cursor.is_empty());
    ann.publish("update", "missed").await;
    let mut resumed = ann
        .clone()
        .with("last-event-id", &cursor)
        .open("/events")
        .await;
    assert_eq!(resumed.event().await.data, "missed");
}

#[tokio::test]
async fn resume_by_query_has_two_names_and_the_header_wins() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let first = ann.publish("update", "1").await;
    let second = ann.publish("update", "2").await;
    ann.publish("update", "3").await;
    for name in ["last_event_id", "lastEventId"] {
        let mut stream = ann.open(&format!("/events?{name}={first}")).await;
        assert_eq!(stream.event().await.data, "2", "{name}");
    }
    let both = ann.clone().with("last-event-id", &second);
    let mut stream = both.open(&format!("/events?last_event_id={first}")).await;
    assert_eq!(stream.event().await.data, "3");
}

#[tokio::test]
async fn resume_keeps_the_configured_number_of_events_and_reports_a_gap() {
    let server = Server::start(&["--keep", "100"]).await;
    let ann = server.login("ann").await;
    let cursor = ann.open("/events").await.last_event_id;
    // More events than the ring holds, so that the cursor is neither in the ring nor in the log.
    for number in 0..1200 {
        ann.publish("update", &number.to_string()).await;
    }
    let mut stream = ann
        .clone()
        .with("last-event-id", &cursor)
        .stream("/events")
        .await;
    assert_eq!(stream.headers["sse-resumed-from"], "earliest");
    let gap = stream.event().await;
    assert_eq!((gap.event_type.as_str(), gap.id.clone()), ("gap", None));
    assert_eq!(gap.json()["reason"], "trimmed");
    assert_eq!(gap.json()["missed"], 1100);
    assert_eq!(gap.json()["requested"], cursor);
    let first = stream.until("update").await;
    assert_eq!(gap.json()["first"], first.id.unwrap());
    assert_eq!(first.data, "1100");
    assert!(
        metric(&server, "sse_gaps_total{reason=\"trimmed\"}")
            .await
            .as_deref()
            == Some("1")
    );
}

#[tokio::test]
async fn resume_with_an_invalid_cursor_is_a_gap_and_not_an_http_error() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let id = ann.publish("update", "kept").await;
    let epoch = id.split('-').next().unwrap();
    let ahead = format!("{epoch}-99");
    let oversized = "9".repeat(15_000);
    for (cursor, reason) in [
        ("7-7", "epoch"),
        (ahead.as_str(), "ahead"),
        ("rubbish", "malformed"),
        ("18446744073709551616-0", "malformed"),
        (oversized.as_str(), "malformed"),
    ] {
        let mut stream = ann
            .clone()
            .with("last-event-id", cursor)
            .stream("/events")
            .await;
        let gap = stream.event().await;
        assert_eq!(gap.event_type, "gap", "{cursor}");
        assert_eq!(gap.json()["reason"], reason, "{cursor}");
        assert_eq!(stream.until("update").await.data, "kept", "{cursor}");
    }
}

#[tokio::test]
async fn resume_after_a_restart_without_a_durable_log_is_a_gap_of_another_epoch() {
    let server = Server::start(&[]).await;
    let id = server.login("ann").await.publish("update", "before").await;
    server.stop().await;
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await.with("last-event-id", &id);
    assert_eq!(
        ann.stream("/events").await.event().await.json()["reason"],
        "epoch"
    );
}

#[tokio::test]
async fn first_connect_can_replay_the_stored_events() {
    let server = Server::start(&["--first-connect", "retained"]).await;
    let ann = server.login("ann").await;
    ann.publish("update", "before").await;
    assert_eq!(
        ann.open("/events").await.until("update").await.data,
        "before"
    );
}
