//! Attacks on the endpoints that create something, and events that clients would misunderstand.

use bytes::Bytes;
use serde_json::json;

use crate::Attacked;
use crate::support::Server;
use crate::support::servers::Redis;

#[tokio::test]
async fn endpoints_that_create_something_are_rate_limited() {
    let redis = Redis::start().await;
    let mut address = 1;
    for log in ["memory", &redis.url()] {
        for (path, body) in [
            ("/api/tasks", json!({})),
            ("/publish", json!({ "type": "update", "data": "x" })),
            ("/demo/lines", json!({ "per_second": 1, "seconds": 1 })),
            ("/demo/faults", json!({ "kind": "cut" })),
        ] {
            let server = Server::start(&["--rate-limit", "3", "--log", log]).await;
            let user = format!("user of {path}");
            // The logins of one address share a window.
            address += 1;
            let ann = server.client().from([127, 0, 0, address]);
            let ann = ann.login(&user, 900).await;
            let mut statuses = Vec::new();
            for _ in 0..5 {
                statuses.push(ann.post(path, body.clone()).await);
            }
            let refused: Vec<bool> = statuses.iter().map(|answer| answer.status == 429).collect();
            assert_eq!(
                refused,
                [false, false, false, true, true],
                "{path} with {log}"
            );
            assert!(
                statuses[4].header("retry-after").parse::<u64>().unwrap() > 800,
                "{path}"
            );
            server.stop().await;
        }
    }
}

#[tokio::test]
async fn anonymous_tasks_and_logins_are_rate_limited_per_address() {
    let server = Server::start(&["--rate-limit", "3"]).await;
    for (user, status) in [("ann", 200), ("bob", 200), ("eve", 200), ("joe", 429)] {
        let answer = server
            .client()
            .post("/login", json!({ "user": user }))
            .await;
        assert_eq!(answer.status, status, "{user}");
        assert_eq!(answer.header("retry-after").is_empty(), status == 200);
    }
    // Invalid logins count too, and another address has its own window.
    let eve = server.client().from([127, 0, 0, 3]);
    for status in [400, 400, 400, 429] {
        assert_eq!(
            eve.post("/login", json!({ "user": "" })).await.status,
            status
        );
    }
    let other = server.client().from([127, 0, 0, 2]);
    for expected in [202, 202, 202, 429] {
        assert_eq!(other.post("/api/tasks", json!({})).await.status, expected);
    }
    // Requests that create nothing are not counted.
    for path in ["/metrics", "/health/live", "/api/tasks/x"] {
        assert_ne!(other.get(path).await.status, 429, "{path}");
    }
}

#[tokio::test]
async fn logouts_are_rate_limited_per_user_apart_from_other_requests() {
    let server = Server::start(&["--rate-limit", "2"]).await;
    for number in 0..4 {
        let address = server.client().from([127, 0, 0, 10 + number]);
        let ann = address.login("ann", 900).await;
        let publication = json!({ "type": "update", "data": "x" });
        let published = ann.post("/publish", publication).await.status;
        let logged_out = ann.request("POST", "/logout").await.status;
        let expected = if number < 2 { (200, 204) } else { (429, 429) };
        assert_eq!((published.as_u16(), logged_out.as_u16()), expected);
    }
}

#[tokio::test]
async fn reserved_event_types_are_refused() {
    let mut attacked = Attacked::start(&[]).await;
    for reserved in ["gap", "shutdown", "connected"] {
        let body = json!({ "type": reserved, "data": "forged" });
        let answer = attacked.ann.post("/publish", body).await;
        assert_eq!(answer.status, 400, "{reserved}");
        assert!(answer.text().contains("reserved"), "{}", answer.text());
    }
    // A client dispatches these under another name, so they cannot be confused.
    for similar in ["Gap", " gap", "gap ", "gap\u{200b}"] {
        attacked.ann.publish(similar, "x").await;
        attacked.stream.until(similar).await;
    }
    attacked.serves_others().await;
}

#[tokio::test]
async fn data_that_is_not_valid_unicode_is_refused() {
    let mut attacked = Attacked::start(&[]).await;
    let json = attacked
        .ann
        .clone()
        .with("content-type", "application/json");
    for body in [
        &br#"{"type":"update","data":"\ud800"}"#[..],
        br#"{"type":"update","data":"\udc00\ud800"}"#,
        br#"{"type":"update","data":{"a":["\ud800"]}}"#,
        br#"{"type":"update","data":{"\udfff":1}}"#,
        br#"{"type":"\ud800","data":"x"}"#,
        br#"{"type":"update","data":"x","to":"\ud800"}"#,
        b"{\"type\":\"update\",\"data\":\"\xff\"}",
        b"{\"type\":\"update\",\"data\":{\"a\":\"\xed\xa0\x80\"}}",
    ] {
        let answer = json
            .send("POST", "/publish", Bytes::from_static(body))
            .await;
        let status = answer.status().as_u16();
        let body = String::from_utf8_lossy(body);
        assert!(status == 400 || status == 422, "{status} to {body}");
    }
    let body = Bytes::from_static(br#"{"type":"update","data":"\ud83d\ude00 \\ud800"}"#);
    assert_eq!(json.send("POST", "/publish", body).await.status(), 200);
    assert_eq!(
        attacked.stream.until("update").await.data,
        "\u{1f600} \\ud800"
    );
}
