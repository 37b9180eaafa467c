//! The reference's broadcast with a filter: recipients and types.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn broadcast_to_one_user_reaches_no_other_user_live_or_replayed() {
    let server = Server::start(&[]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let (mut hers, mut his) = (ann.open("/events").await, bob.open("/events").await);
    let secret = json!({ "type": "update", "data": "for ann", "to": "ann" });
    assert_eq!(ann.post("/publish", secret).await.status, 200);
    ann.publish("update", "for all").await;
    assert_eq!(hers.until("update").await.data, "for ann");
    assert_eq!(his.until("update").await.data, "for all");
    let mut replayed = bob.open("/events?last_event_id=earliest").await;
    assert_eq!(replayed.event().await.data, "for all");
    let mut anonymous = server
        .client()
        .open("/api/metrics?last_event_id=earliest")
        .await;
    ann.publish("notification", "n").await;
    assert_eq!(anonymous.event().await.data, "n");
}

#[tokio::test]
async fn broadcast_is_filtered_by_types() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events?types=a,%20b").await;
    stream.event().await;
    for event_type in ["c", "a", "message", "b"] {
        ann.publish(event_type, event_type).await;
    }
    assert_eq!(stream.event().await.data, "a");
    assert_eq!(stream.event().await.data, "b");
}

#[tokio::test]
async fn broadcast_rejects_forged_fields_and_oversized_bodies() {
    let server = Server::start(&["--max-body", "1000"]).await;
    let ann = server.login("ann").await;
    let forged = ann
        .post("/publish", json!({ "type": "a\nid: 7", "data": "" }))
        .await;
    assert_eq!(forged.status, 400);
    let large = ann
        .post("/publish", json!({ "type": "a", "data": "x".repeat(2000) }))
        .await;
    assert_eq!(large.status, 413);
    assert!(large.json()["error"].is_string());
    let other = ann
        .clone()
        .with("content-type", "text/plain")
        .request("POST", "/publish")
        .await;
    assert_eq!(other.status, 415);
}

#[tokio::test]
async fn broadcast_sends_json_unchanged() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    let data = r#"{"z":1, "a":12345678901234567890123, "price":1.10}"#;
    let body = format!(r#"{{"type":"update","data":{data}}}"#);
    let json = ann.with("content-type", "application/json");
    let answer = json.send("POST", "/publish", body.into()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(stream.until("update").await.data, data);
}
