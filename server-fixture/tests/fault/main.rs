//! The fault server, used as a test of a client uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod http2;
mod preflights;
mod request_log;

use serde_json::{Value, json};
use support::{Client, Seen, faults, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn script(client: &Client, script: Value) -> String {
    let answer = client.post("/fault/script", script).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["url"].as_str().unwrap().to_owned()
}

/// Sends one request on a plain socket, and returns all bytes of the response.
async fn raw(client: &Client, path: &str, headers: &str) -> std::io::Result<Vec<u8>> {
    let mut socket = TcpStream::connect(client.address).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n",
        client.address
    );
    socket.write_all(request.as_bytes()).await?;
    let mut all = Vec::new();
    soon(socket.read_to_end(&mut all)).await?;
    Ok(all)
}

#[tokio::test]
async fn script_plays_its_responses_in_order_and_repeats_the_last() {
    let client = faults().await;
    let responses =
        json!([{ "status": 401 }, { "status": 503, "headers": { "retry-after": "2" } }]);
    let url = script(&client, json!({ "responses": responses })).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(client.get(&url).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 503, 503]);
    assert_eq!(client.get(&url).await.header("retry-after"), "2");
    let over = script(
        &client,
        json!({ "responses": [{ "status": 204 }, {}], "then": "start_over" }),
    )
    .await;
    for expected in [204, 200, 204] {
        assert_eq!(client.get(&over).await.status, expected);
    }
}

#[tokio::test]
async fn response_with_for_ms_is_repeated_for_that_time() {
    let client = faults().await;
    let responses = json!([{ "status": 503, "for_ms": 300 }, { "status": 204 }]);
    let url = script(&client, json!({ "responses": responses })).await;
    assert_eq!(client.get(&url).await.status, 503);
    assert_eq!(client.get(&url).await.status, 503);
    soon(async { while client.get(&url).await.status != 204 {} }).await;
}

#[tokio::test]
async fn sample_has_the_same_events_with_every_split() {
    let client = faults().await;
    let whole = client.stream("/fault/p/sample").await.rest().await;
    assert_eq!(
        whole
            .iter()
            .filter(|seen| matches!(seen, Seen::Event { .. }))
            .count(),
        4
    );
    for eol in ["lf", "cr", "crlf", "mixed"] {
        let url = format!("/fault/p/split?every=1&pause_ms=0&eol={eol}");
        assert_eq!(client.stream(&url).await.rest().await, whole, "{eol}");
        assert_eq!(client.get(&url).await.status, 204, "{eol}");
    }
    for at in (0..120).step_by(7) {
        let url = format!("/fault/p/split?at={at}&eol=crlf");
        assert_eq!(client.stream(&url).await.rest().await, whole, "cut at {at}");
    }
}

#[tokio::test]
async fn truncation_presets_end_as_their_names_say() {
    let client = faults().await;
    let broken = async |path: &str| client.stream(path).await.try_all().await.is_err();
    for path in [
        "fin-mid-event",
        "rst-mid-event",
        "bad-chunk-size",
        "length-too-long",
    ] {
        assert!(broken(&format!("/fault/p/{path}")).await, "{path}");
    }
    for path in ["clean-end", "length-too-short", "http10", "close-delimited"] {
        assert!(!broken(&format!("/fault/p/{path}")).await, "{path}");
    }
    let reset = raw(&client, "/fault/p/rst-before-answer", "").await;
    assert_eq!(
        reset.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    assert!(
        raw(&client, "/fault/p/fin-before-answer", "")
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn close_ends_open_connections_with_fin_or_reset() {
    let client = faults().await;
    let url = script(
        &client,
        json!({ "responses": [{ "steps": [{ "hang": true }] }] }),
    )
    .await;
    for (how, by) in [("fin", "server"), ("rst", "server-reset")] {
        let mut stream = client.stream(&url).await;
        client
            .post(&format!("{url}/close?how={how}"), json!({}))
            .await;
        assert!(stream.try_next().await.is_err(), "{how}");
        let wait = if how == "fin" { 1 } else { 2 };
        let log = client.get(&format!("{url}/log?ended={wait}")).await.json();
        assert_eq!(log["requests"][wait - 1]["ended"]["by"], by);
    }
}

#[tokio::test]
async fn delete_removes_a_script_and_closes_its_connections() {
    let client = faults().await;
    let url = script(
        &client,
        json!({ "responses": [{ "steps": [{ "hang": true }] }] }),
    )
    .await;
    let mut stream = client.stream(&url).await;
    assert_eq!(client.request("DELETE", &url).await.status, 200);
    assert!(stream.try_next().await.is_err());
    assert_eq!(client.get(&url).await.status, 404);
    assert_eq!(client.request("DELETE", &url).await.status, 404);
}

#[tokio::test]
async fn flaky_breaks_repeatedly_and_resumes_exactly() {
    let client = faults().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..4 {
        let again = client.clone().with("last-event-id", &cursor);
        let mut stream = again.stream("/fault/p/flaky?n=3&ms=1").await;
        while let Ok(Some(item)) = stream.try_next().await {
            if let Seen::Event { data, .. } = item {
                seen.push(data);
            }
        }
        cursor = stream.last_event_id;
    }
    let expected: Vec<_> = (1..=12).map(|number| format!("tick {number}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn placeholders_are_replaced_by_dates_and_origins() {
    let client = faults().await;
    let date = client.get("/fault/p/retry-after-date?s=5").await;
    assert!(
        date.header("retry-after").ends_with(" GMT"),
        "{}",
        date.header("retry-after")
    );
    let cross = client.get("/fault/p/redirect-cross").await;
    let port = client.address.port();
    let expected = format!("http://localhost:{port}/fault/p/works?run=");
    assert_eq!(
        (cross.status.as_u16(), cross.header("location")),
        (307, expected.as_str())
    );
    assert_eq!(
        client
            .get("/fault/p/redirect-loop")
            .await
            .header("location"),
        "/fault/p/redirect-loop"
    );
}

#[tokio::test]
async fn invalid_script_is_rejected_with_the_reason() {
    let client = faults().await;
    for (script, word) in [
        (
            json!({ "responses": [{ "steps": [{ "txt": "x" }] }] }),
            "unknown variant `txt`",
        ),
        (
            json!({ "responses": [{ "steps": [{ "hex": "0g" }] }] }),
            "hexadecimal",
        ),
        (json!({ "respones": [] }), "unknown field `respones`"),
        (json!({ "preset": "no-such" }), "no such preset"),
    ] {
        let answer = client.post("/fault/script", script).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(word), "{}", answer.text());
    }
}

#[tokio::test]
async fn help_lists_every_preset_and_every_preset_responds() {
    let client = faults().await;
    let help = client.get("/fault/help").await.text();
    let list = client.get("/fault/presets").await.json();
    for preset in list.as_array().unwrap() {
        let (name, url) = (
            preset["name"].as_str().unwrap(),
            preset["url"].as_str().unwrap(),
        );
        assert!(help.contains(&format!("  {name} ")), "{name}");
        let mut socket = TcpStream::connect(client.address).await.unwrap();
        let request = format!("GET {url} HTTP/1.1\r\nhost: {}\r\n\r\n", client.address);
        socket.write_all(request.as_bytes()).await.unwrap();
        let log = client.get(&format!("{url}/log?wait=1")).await.json();
        assert_eq!(log["count"], 1, "{name}");
    }
}
