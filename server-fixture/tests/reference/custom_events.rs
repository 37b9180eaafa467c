//! The reference's custom events with ids.

use serde_json::{Value, json};

use crate::support::Server;

#[tokio::test]
async fn custom_events_have_ids_that_belong_to_the_log_and_not_to_the_client() {
    let server = Server::start(&[]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let (mut first, mut second) = (ann.open("/events").await, bob.open("/events").await);
    let id = ann.publish("update", "x").await;
    assert_eq!(first.until("update").await, second.until("update").await);
    let mut third = bob
        .clone()
        .with("last-event-id", "earliest")
        .open("/events")
        .await;
    assert_eq!(third.until("update").await.id, Some(id));
}

#[tokio::test]
async fn first_connect_gets_a_welcome_message_and_a_resumed_one_does_not() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    let welcome = stream.event().await;
    assert_eq!((welcome.event_type.as_str(), welcome.id), ("message", None));
    assert_eq!(
        json!({ "text": "Connected to server" }),
        serde_json::from_str::<Value>(&welcome.data).unwrap()
    );
    let again = ann.clone().with("last-event-id", &stream.last_event_id);
    let mut resumed = again.open("/events").await;
    ann.publish("update", "first").await;
    assert_eq!(resumed.event().await.data, "first");
}

#[tokio::test]
async fn metrics_contain_cpu_memory_and_active_users_and_notifications_follow() {
    let server = Server::start(&["--metrics-interval", "0.01"]).await;
    let mut stream = server.client().open("/api/metrics").await;
    // The first metrics may be older than the stream.
    stream.until("metrics").await;
    let metrics = stream.until("metrics").await.json();
    assert!(metrics["cpu"].as_f64().unwrap() <= 100.0);
    assert!(metrics["memory"].as_f64().unwrap() > 1.0);
    assert!(metrics["activeUsers"].as_u64().unwrap() >= 1);
    let notification = stream.until("notification").await.json();
    assert_eq!(notification["type"], "info");
    assert!(notification["message"].is_string());
}
