//! The request log of a script.

use serde_json::json;

use crate::support::{faults, soon};
use crate::{raw, script};

#[tokio::test]
async fn log_contains_cursors_token_hashes_and_ends_but_no_secrets() {
    let client = faults().await;
    let url = script(
        &client,
        json!({ "responses": [{ "steps": [{ "hang": true }] }] }),
    )
    .await;
    let log = format!("{url}/log");
    for token in ["secret-one", "secret-one", "secret-two"] {
        let with = client
            .clone()
            .with("authorization", &format!("Bearer {token}"));
        drop(with.with("last-event-id", "7").stream(&url).await);
    }
    let log = client.get(&format!("{log}?wait=3&ended=3")).await;
    assert!(!log.text().contains("secret"));
    let log = log.json();
    assert_eq!(
        (&log["satisfied"], &log["count"], &log["ended"]),
        (&json!(true), &json!(3), &json!(3))
    );
    let requests = log["requests"].as_array().unwrap();
    let tokens: Vec<_> = requests
        .iter()
        .map(|r| r["authorization"]["token_index"].clone())
        .collect();
    assert_eq!(tokens, [json!(0), json!(0), json!(1)]);
    assert_eq!(requests[0]["authorization"]["scheme"], "Bearer");
    assert_eq!(requests[0]["last_event_id"], "7");
    assert_eq!(requests[0]["ended"]["by"], "client");
    assert!(requests[2]["at_ms"].as_f64() >= requests[1]["at_ms"].as_f64());
}

#[tokio::test]
async fn log_contains_the_bytes_of_a_cursor_that_is_not_ascii() {
    let client = faults().await;
    raw(
        &client,
        "/fault/p/no-content",
        "Last-Event-ID: caf\u{e9}\r\n",
    )
    .await
    .unwrap();
    let log = client.get("/fault/p/no-content/log").await.json();
    assert_eq!(log["requests"][0]["last_event_id_hex"], "636166c3a9");
}

#[tokio::test]
async fn log_contains_secrets_with_record_authorization() {
    let client = faults().await;
    let options = json!({ "preset": "no-content", "record_authorization": true });
    let url = script(&client, options).await;
    client
        .clone()
        .with("authorization", "Bearer abc")
        .get(&url)
        .await;
    let log = client.get(&format!("{url}/log")).await.json();
    assert_eq!(log["requests"][0]["authorization"]["value"], "Bearer abc");
}

#[tokio::test]
async fn log_waits_no_longer_than_its_timeout() {
    let client = faults().await;
    let url = script(&client, json!({ "responses": [{}] })).await;
    let log = client
        .get(&format!("{url}/log?wait=1&timeout=50"))
        .await
        .json();
    assert_eq!(log["satisfied"], false);
    let waiting = client.clone();
    let path = format!("{url}/log?wait=1&timeout=20000");
    let waiting = tokio::spawn(async move { waiting.get(&path).await.json() });
    client.get(&url).await;
    assert_eq!(soon(waiting).await.unwrap()["satisfied"], true);
}
