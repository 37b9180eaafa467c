//! The fault server, used as a test of a client uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

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

#[tokio::test]
async fn preflights_are_allowed_and_logged_separately() {
    let client = faults().await;
    let url = script(&client, json!({ "responses": [{}] })).await;
    let page = client.clone().with("origin", "http://page.example");
    let preflight = page
        .clone()
        .with("access-control-request-method", "GET")
        .with(
            "access-control-request-headers",
            "authorization,last-event-id",
        );
    let answer = preflight.request("OPTIONS", &url).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "http://page.example"
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization,last-event-id"
    );
    let stream = page.get(&url).await;
    assert_eq!(stream.header("access-control-allow-credentials"), "true");
    let log = page.get(&format!("{url}/log")).await;
    assert_eq!(
        log.header("access-control-allow-origin"),
        "http://page.example"
    );
    let log = log.json();
    assert_eq!(log["preflights"].as_array().unwrap().len(), 1);
    assert_eq!(log["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn script_can_reject_preflights() {
    let client = faults().await;
    let preflight = client
        .clone()
        .with("origin", "http://page.example")
        .with("access-control-request-method", "GET")
        .with("access-control-request-headers", "authorization");
    let refused = preflight
        .request("OPTIONS", "/fault/p/preflight-refused")
        .await;
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.header("access-control-allow-origin")
        ),
        (403, "")
    );
    let partly = preflight
        .request("OPTIONS", "/fault/p/preflight-no-auth")
        .await;
    assert!(
        !partly
            .header("access-control-allow-headers")
            .contains("authorization")
    );
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

/// Sends a request on a shared HTTP/2 connection. Returns the body and the way it ended.
async fn over_http2(
    client: &mut h2::client::SendRequest<bytes::Bytes>,
    name: &str,
) -> (String, Option<h2::Error>) {
    let request = hyper::Request::get(format!("http://fault/fault/h2/{name}"))
        .body(())
        .unwrap();
    let ready = soon(client.clone().ready()).await;
    let mut ready = match ready {
        Ok(ready) => ready,
        Err(error) => return (String::new(), Some(error)),
    };
    let (response, _) = ready.send_request(request, true).unwrap();
    let mut body = soon(response).await.unwrap().into_body();
    let mut text = String::new();
    loop {
        match soon(body.data()).await {
            Some(Ok(bytes)) => text.push_str(std::str::from_utf8(&bytes).unwrap()),
            Some(Err(error)) => return (text, Some(error)),
            None => return (text, None),
        }
    }
}

#[tokio::test]
async fn http2_streams_are_reset_one_by_one_and_connections_are_told_to_go_away() {
    let address = faults().await.address;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(connection);
    for (name, reason) in [
        ("cancel", h2::Reason::CANCEL),
        ("internal", h2::Reason::INTERNAL_ERROR),
        ("refused", h2::Reason::REFUSED_STREAM),
        ("no-error", h2::Reason::NO_ERROR),
    ] {
        let (text, error) = over_http2(&mut client, name).await;
        assert!(text.ends_with("data: tick"), "{name}: {text}");
        let error = error.unwrap_or_else(|| panic!("{name} ends cleanly"));
        assert!(
            error.is_reset() && error.reason() == Some(reason),
            "{name}: {error}"
        );
    }
    // The connection is still usable.
    let (text, error) = over_http2(&mut client, "works").await;
    assert!(
        text.ends_with("data: tick 3\n\n") && error.is_none(),
        "{text}"
    );
    let (_, error) = over_http2(&mut client, "goaway").await;
    // GOAWAY permits open streams to continue, but then the connection closes.
    assert!(error.is_some());
    let (_, error) = over_http2(&mut client, "works").await;
    assert!(
        error.is_some(),
        "nothing new begins on a connection that goes away"
    );
    let _ = soon(connection).await;
}

#[tokio::test]
async fn http2_requests_are_logged_with_their_cursor_and_their_end() {
    let faults = faults().await;
    let socket = TcpStream::connect(faults.address).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let ask = |name: &str| {
        let request = hyper::Request::get(format!("http://fault/fault/h2/{name}?run=1"))
            .header("last-event-id", "7")
            .header("authorization", "Bearer secret");
        let request = request.body(()).unwrap();
        client.clone().send_request(request, true).unwrap().0
    };
    let _body = soon(ask("cancel")).await.unwrap();
    let log = faults
        .get("/fault/h2/cancel/log?run=1&ended=1")
        .await
        .json();
    let entry = &log["requests"][0];
    assert_eq!(entry["target"], "/fault/h2/cancel?run=1");
    assert_eq!(entry["last_event_id"], "7");
    assert_eq!(entry["authorization"]["scheme"], "Bearer");
    assert!(!log.to_string().contains("secret"), "{log}");
    assert_eq!(entry["ended"]["by"], "server-reset");
    assert_eq!(entry["ended"]["bytes_sent"], 47);

    let silent = ask("silent");
    let open = faults.get("/fault/h2/silent/log?run=1&wait=1").await.json();
    assert_eq!(open["requests"][0]["ended"], Value::Null);
    drop(silent);
    let left = faults
        .get("/fault/h2/silent/log?run=1&ended=1")
        .await
        .json();
    assert_eq!(left["requests"][0]["ended"]["by"], "client");

    let _silent = ask("silent");
    faults.get("/fault/h2/silent/log?run=1&wait=2").await;
    faults.request("POST", "/fault/h2/silent/close?run=1").await;
    let cut = faults
        .get("/fault/h2/silent/log?run=1&ended=2")
        .await
        .json();
    assert_eq!(cut["requests"][1]["ended"]["by"], "server-reset");
    assert_eq!(faults.get("/fault/h2/works").await.status, 505);
}

#[tokio::test]
async fn http2_zero_window_stalls_uploads_and_no_streams() {
    let address = faults().await.address;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(connection);
    let (text, error) = over_http2(&mut client, "zero-window").await;
    assert!(
        text.ends_with("data: tick 3\n\n") && error.is_none(),
        "{text}"
    );
    let request = hyper::Request::post("http://fault/fault/h2/silent")
        .body(())
        .unwrap();
    let mut ready = soon(client.clone().ready()).await.unwrap();
    let (_response, mut upload) = ready.send_request(request, false).unwrap();
    upload.reserve_capacity(1);
    let granted = std::future::poll_fn(|context| upload.poll_capacity(context));
    let granted = tokio::time::timeout(std::time::Duration::from_millis(500), granted).await;
    assert!(granted.is_err(), "the window is open: {granted:?}");
    let (text, _) = over_http2(&mut client, "works").await;
    assert!(text.ends_with("data: tick 3\n\n"), "{text}");
    connection.abort();
}
