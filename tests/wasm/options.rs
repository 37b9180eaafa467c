//! Options of a source: the end of a stream, comments, closing, and members of the request.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use authenticated_event_source::AuthenticatedEventSource;
use authenticated_event_source::browser::{
    Cache, Credentials, FetchResponse, Mode, Priority, State,
};
use authenticated_event_source::connection::{Reason, Retry};
use futures_util::StreamExt;
use gloo_timers::future::TimeoutFuture;
use js_sys::Reflect;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::against_the_fixture::{OPEN, Script, failure, next};

const ANSWER: &str = r#"{"steps": [{"text": "id: 1\ndata: a\n\nid: 2\ndata: [DONE]\n\ndata: b\n\n"}, {"hang": true}]}"#;

#[wasm_bindgen_test]
async fn until_closes_the_source_at_an_event_that_is_not_delivered() {
    let script = Script::of(&[ANSWER]).await;
    let mut source = script.source().until("[DONE]").open().expect("a source");
    assert_eq!(next(&mut source).await.data, "a");
    assert!(source.next().await.is_none());
    assert_eq!(source.last_event_id(), "2");
    assert_eq!(source.state(), State::Closed);
    assert_eq!(script.ended_by().await, "client");
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn until_event_delivers_the_last_event() {
    let script = Script::of(&[ANSWER]).await;
    let builder = script.source().until_event(|event| event.data == "[DONE]");
    let mut source = builder.open().expect("a source");
    assert_eq!(next(&mut source).await.data, "a");
    assert_eq!(next(&mut source).await.data, "[DONE]");
    assert!(source.next().await.is_none());
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn a_stream_that_ends_before_until_fails_a_post_and_reconnects_a_get() {
    const CUT: &str = r#"{"steps": [{"text": "id: 1\ndata: a\n\n"}]}"#;
    let script = Script::of(&[CUT]).await;
    let builder = script.source().method("POST").body("prompt");
    let builder = builder.retry(Retry::never()).until("[DONE]");
    let mut source = builder.open().expect("a source");
    next(&mut source).await;
    assert_eq!(failure(&mut source).await.reason(), Reason::End);
    script.exactly(1).await;

    let script = Script::of(&[CUT, ANSWER]).await;
    let source = script.source().until("[DONE]").open().expect("a source");
    let events: Vec<_> = source
        .map(|event| event.expect("an event").data)
        .collect()
        .await;
    assert_eq!(events, ["a", "a"]);
}

#[wasm_bindgen_test]
async fn comments_are_passed_to_their_callback() {
    let script =
        Script::of(&[r#"{"steps": [{"text": ": é\n:\ndata: a\n\n"}, {"hang": true}]}"#]).await;
    let comments = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&comments);
    let builder = script.source();
    let builder = builder.on_comment(move |text| seen.borrow_mut().push(text.to_owned()));
    next(&mut builder.open().expect("a source")).await;
    assert_eq!(*comments.borrow(), ["é", ""]);
}

#[wasm_bindgen_test]
async fn close_when_closes_the_source() {
    let script = Script::of(&[OPEN]).await;
    let builder = script.source().close_when(TimeoutFuture::new(300));
    let source = builder.open().expect("a source");
    assert_eq!(source.count().await, 1);
    assert_eq!(script.ended_by().await, "client");
}

#[wasm_bindgen_test]
async fn members_of_the_request_reach_fetch() {
    let members = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&members);
    let builder = AuthenticatedEventSource::builder("https://example.com/")
        .credentials(Credentials::Omit)
        .cache(Cache::Reload)
        .mode(Mode::SameOrigin)
        .referrer("")
        .priority(Priority::Low)
        .retry(Retry::never());
    let builder = builder.fetch(move |request| {
        for name in ["credentials", "cache", "mode", "referrer", "priority"] {
            let value = Reflect::get(request.init(), &name.into()).expect("a member");
            seen.borrow_mut().push(value.as_string());
        }
        async { Err::<FetchResponse, _>("no network") }
    });
    failure(&mut builder.open().expect("a source")).await;
    let expected = ["omit", "reload", "same-origin", "", "low"];
    assert_eq!(
        *members.borrow(),
        expected.map(|text| Some(text.to_owned()))
    );
}

#[wasm_bindgen_test]
async fn a_full_queue_stops_reading_and_the_watchdog() {
    use authenticated_event_source::connection::HeartbeatTimeout;
    let line = "x".repeat(32 * 1024);
    let response = format!(
        r#"{{"steps": [{{"count": {{"text": "id: {{i}}\ndata: {line}\n\n", "n": 256}}}}, {{"hang": true}}]}}"#
    );
    let script = Script::of(&[&response]).await;
    let timeout = HeartbeatTimeout::After(Duration::from_millis(500));
    let builder = script.source().heartbeat_timeout(timeout);
    let mut source = builder.open().expect("a source");
    TimeoutFuture::new(1500).await;
    script.exactly(1).await;
    for id in 1..=256 {
        assert_eq!(next(&mut source).await.last_event_id, id.to_string());
    }
}
