//! Runs the examples against the fault server, whose address is in `FAULTS_URL`.

use std::error::Error as _;
use std::sync::Arc;

use authenticated_event_source::event_stream::{ByteStreamExt, Error, Event};
use axum::http::HeaderValue;
use futures_util::{StreamExt, TryStreamExt};
use parser_examples::language_model::{Failure, complete};
use parser_examples::server::Log;
use parser_examples::{proxy, server};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Stores a script with this response and returns its URL.
async fn script(response: Value) -> String {
    let faults = std::env::var("FAULTS_URL")
        .expect("FAULTS_URL is the address of a server-fixture with --fault-port");
    let script = json!({ "responses": [response] });
    let request = Client::new().post(format!("{faults}/fault/script"));
    let stored = request.json(&script).send().await.unwrap();
    let stored: Value = stored.error_for_status().unwrap().json().await.unwrap();
    format!("{faults}{}", stored["url"].as_str().unwrap())
}

fn chunk(text: &str) -> String {
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    format!("data: {chunk}\n\n")
}

/// The answer as far as it arrived, and how it ended.
async fn answer(response: Value) -> (String, Result<(), Failure>) {
    let url = script(response).await;
    let mut answer = String::new();
    let result = complete(&Client::new(), &url, "Hello?", |text| answer += text).await;
    (answer, result)
}

#[tokio::test]
async fn an_answer_ends_at_done() {
    let stream = [
        &chunk("Grüße, "),
        &chunk("🚀"),
        "data: [DONE]\n\n",
        &chunk("never read"),
    ];
    // Characters are cut: each piece has three bytes.
    let split = json!({ "split": { "text": stream.concat(), "every": 3 } });
    let (answer, result) = answer(json!({ "steps": [split, { "hang": true }] })).await;
    result.unwrap();
    assert_eq!(answer, "Grüße, 🚀");
}

#[tokio::test]
async fn the_body_of_an_error_says_why() {
    let body = r#"{"error":{"message":"Rate limit reached"}}"#;
    let (answer, result) = answer(json!({ "status": 429, "steps": [{ "text": body }] })).await;
    assert_eq!(answer, "");
    let Err(Failure::Status { status, body: text }) = result else {
        panic!("{result:?}");
    };
    assert_eq!((status, &*text), (StatusCode::TOO_MANY_REQUESTS, body));
}

#[tokio::test]
async fn a_connection_that_is_reset_is_an_error_with_its_cause() {
    let steps = json!([{ "text": chunk("Hel") }, { "sleep_ms": 100 }, { "rst": true }]);
    let (answer, result) = answer(json!({ "steps": steps })).await;
    assert_eq!(answer, "Hel");
    let Err(Failure::Stream(error @ Error::Transport(_))) = result else {
        panic!("{result:?}");
    };
    assert!(
        error
            .source()
            .is_some_and(|cause| cause.is::<reqwest::Error>())
    );
}

#[tokio::test]
async fn an_answer_without_done_is_incomplete() {
    let (answer, result) = answer(json!({ "steps": [{ "text": chunk("Hel") }] })).await;
    assert_eq!(answer, "Hel");
    assert!(
        matches!(result, Err(Failure::Stream(Error::End))),
        "{result:?}"
    );
}

/// Serves the proxy and returns the response to a request of its events.
async fn through_proxy(response: Value) -> reqwest::Response {
    let router = proxy::router(&script(response).await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });
    let request = Client::new().get(format!("http://{address}/events"));
    request.send().await.unwrap()
}

#[tokio::test]
async fn the_proxy_rewrites_each_event() {
    let stream = concat!(
        "id: 1\nevent: metrics\ndata: {\"cpu\":5,\"internal\":\"host-7\"}\n\n",
        "data: not JSON,\ndata: two lines\n\n",
    );
    let response = through_proxy(json!({ "steps": [{ "text": stream }] })).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let events: Vec<Event> = response
        .bytes_stream()
        .events()
        .try_collect()
        .await
        .unwrap();
    let expected = [
        Event::new("metrics", r#"{"cpu":5}"#, "1").with_own_id(),
        Event::new("message", "not JSON,\ntwo lines", "1"),
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn the_proxy_passes_on_that_the_stream_was_cut() {
    let steps = json!([{ "text": "data: a\n\n" }, { "sleep_ms": 100 }, { "rst": true }]);
    let mut events = through_proxy(json!({ "steps": steps }))
        .await
        .bytes_stream()
        .events();
    assert_eq!(events.next().await.unwrap().unwrap().data, "a");
    assert!(matches!(
        events.next().await,
        Some(Err(Error::Transport(_)))
    ));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn the_proxy_passes_on_the_status() {
    let response = through_proxy(json!({ "status": 401 })).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

/// Starts the server with three events. Returns its address.
async fn start_server() -> (Arc<Log>, String) {
    let log = Log::new();
    for text in ["one", "two\r\nlines", "three"] {
        log.publish(text);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let origin = HeaderValue::from_static("https://app.example.com");
    let service = server::router(Arc::clone(&log), origin);
    tokio::spawn(async move { axum::serve(listener, service).await });
    (log, url)
}

fn resumed(url: &str, last_event_id: &str) -> reqwest::RequestBuilder {
    let request = Client::new().get(url).bearer_auth("secret");
    request.header("last-event-id", last_event_id)
}

#[tokio::test]
async fn the_server_sends_ids_and_every_line_and_resumes() {
    let (log, url) = start_server().await;
    let response = resumed(&url, "1").send().await.unwrap();
    assert_eq!(response.headers()["sse-heartbeat"], "15");
    assert_eq!(
        response.headers()["cache-control"],
        "no-store, no-transform"
    );
    let mut events = response.bytes_stream().events();
    for (id, data) in [("2", "two\nlines"), ("3", "three")] {
        let event = events.next().await.unwrap().unwrap();
        assert_eq!((&*event.last_event_id, &*event.data), (id, data));
        assert_eq!(&*event.event_type, "metrics");
    }
    log.publish("four");
    assert_eq!(&*events.next().await.unwrap().unwrap().data, "four");
}

#[tokio::test]
async fn the_server_sends_all_it_has_after_an_id_from_before_a_restart() {
    let (_log, url) = start_server().await;
    let response = resumed(&url, "1000000").send().await.unwrap();
    let mut events = response.bytes_stream().events();
    assert_eq!(&*events.next().await.unwrap().unwrap().data, "one");
}

#[tokio::test]
async fn the_server_refuses_a_wrong_token_and_other_origins_can_read_it() {
    let (_log, url) = start_server().await;
    let origin = "https://app.example.com";
    let request = Client::new().get(&url).header("origin", origin);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(response.headers()["access-control-allow-origin"], origin);
    let preflight = Client::new().request(reqwest::Method::OPTIONS, &url);
    let preflight = preflight.header("origin", origin);
    let preflight = preflight.header("access-control-request-method", "GET");
    let response = preflight.send().await.unwrap();
    assert!(response.status().is_success());
    let allowed = &response.headers()["access-control-allow-headers"];
    assert_eq!(allowed, "authorization,last-event-id");
}

#[tokio::test]
async fn the_server_ends_its_streams_before_a_restart_and_then_answers_503() {
    let (log, url) = start_server().await;
    let response = resumed(&url, "2").send().await.unwrap();
    let mut events = response.bytes_stream().events();
    assert_eq!(&*events.next().await.unwrap().unwrap().data, "three");
    log.stop();
    assert!(events.next().await.is_none());
    let response = resumed(&url, "2").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "5");
}
