//! `[NON-SPEC]` Links that leave the page open: downloads, and links that a server answers with 204.
//! Firefox breaks the connections of a page when a navigation begins.

use core::cell::RefCell;
use std::rc::Rc;

use authenticated_event_source::browser::{AttemptContext, Auth, Cause, Token};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::against_the_fixture::{FIRST, OPEN, Script, cursors, next, retried};

#[wasm_bindgen_test]
async fn a_link_that_leaves_the_page_open_reports_nothing_and_loses_and_repeats_no_event() {
    const BOTH: &str = r#"{"steps": [{"text": "id: 1\ndata: a\n\n"}, {"sleep_ms": 3000}, {"text": "id: 2\ndata: b\n\n"}, {"hang": true}]}"#;
    const NOTHING: &str = r#"{"framing": "raw", "steps": [{"sleep_ms": 700}, {"raw": "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"}]}"#;
    let script = Script::of(&[BOTH, OPEN]).await;
    let link = Script::of(&[NOTHING]).await;
    let mut source = script.source().open().expect("a source");
    let states = source.states();
    assert_eq!(next(&mut source).await.data, "a");
    eval(&format!("location.href = '{}'", link.url()));
    assert_eq!(next(&mut source).await.data, "b");
    source.close();
    assert_eq!(retried(states).await, []);
    let is_firefox = eval("navigator.userAgent.includes('Firefox')").is_truthy();
    // Chromium keeps the connection.
    let expected: &[_] = if is_firefox {
        &[None, Some("1")]
    } else {
        &[None]
    };
    assert_eq!(cursors(&script.exactly(expected.len()).await), expected);
}

#[wasm_bindgen_test]
async fn a_connection_that_breaks_in_a_navigation_is_opened_again_without_a_failure() {
    let script = Script::of(&[FIRST, OPEN]).await;
    let mut source = script.source().open().expect("a source");
    let states = source.states();
    assert_eq!(next(&mut source).await.data, "a");
    navigate();
    script.break_off().await;
    assert_eq!(next(&mut source).await.data, "b");
    source.close();
    assert_eq!(retried(states).await, []);
    assert_eq!(cursors(&script.exactly(2).await), [None, Some("1")]);
}

#[wasm_bindgen_test]
async fn a_provider_that_fails_in_a_navigation_is_called_again_without_a_failure() {
    let script = Script::of(&[OPEN]).await;
    let causes = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&causes);
    let auth = Auth::new(move |context: AttemptContext| {
        seen.borrow_mut().push(context.cause);
        async move {
            if context.cause == Cause::Start {
                navigate();
                return Err("the request for a token was aborted");
            }
            Ok(Token::new("token"))
        }
    });
    let mut source = script.source().auth(auth).open().expect("a source");
    let states = source.states();
    assert_eq!(next(&mut source).await.data, "b");
    source.close();
    assert_eq!(retried(states).await, []);
    assert_eq!(*causes.borrow(), [Cause::Start, Cause::Suspension]);
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn headers_that_fail_in_a_navigation_are_called_again_once_the_page_has_stayed() {
    let script = Script::of(&[OPEN]).await;
    let causes = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&causes);
    let builder = script.source().headers(move |context: AttemptContext| {
        seen.borrow_mut().push(context.cause);
        async move {
            if context.cause == Cause::Start {
                navigate();
                return Err("the request for a header was aborted");
            }
            Ok([("accept-language", "en")])
        }
    });
    let mut source = builder.open().expect("a source");
    assert_eq!(next(&mut source).await.data, "b");
    assert_eq!(*causes.borrow(), [Cause::Start, Cause::Suspension]);
}

/// Says that a navigation begins.
fn navigate() {
    eval("dispatchEvent(new Event('beforeunload'))");
}

fn eval(script: &str) -> wasm_bindgen::JsValue {
    js_sys::eval(script).expect("a value")
}
