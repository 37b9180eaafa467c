//! Runs the examples against the fault server, whose address is in `FAULTS_URL`.

use std::error::Error as _;

use authenticated_event_source::event_stream::{ByteStreamExt, Error, Event};
use futures_util::{StreamExt, TryStreamExt};
use parser_examples::language_model::{Failure, complete};
use parser_examples::proxy;
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
        Event::new("metrics", r#"{"cpu":5}"#, "1"),
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
