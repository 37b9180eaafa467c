//! What the page and the clock do to a source.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use authenticated_event_source::browser::{AttemptContext, Auth, Cause, Token};
use authenticated_event_source::connection::{HeartbeatTimeout, Reason, Retry};
use gloo_timers::callback::Timeout;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::against_the_fixture::{OPEN, Script, failure, next, quick};

/// With the page's own events, which it gets when it comes out of the back/forward cache.
#[wasm_bindgen_test]
async fn a_page_in_the_cache_holds_no_connection_and_goes_on_later() {
    for retry in [quick(), Retry::spec()] {
        let script = Script::of(&[OPEN, OPEN]).await;
        let mut source = script.source().retry(retry).open().expect("a source");
        next(&mut source).await;
        fire("Object.assign(new Event('pagehide'), { persisted: true })");
        let _show = Timeout::new(500, || fire("new Event('pageshow')"));
        next(&mut source).await;
        script.exactly(2).await;
        assert_eq!(script.ended_by().await, "client");
    }
}

fn fire(event: &str) {
    js_sys::eval(&format!("dispatchEvent({event})")).expect("an event");
}

#[wasm_bindgen_test]
async fn a_token_is_renewed_before_it_expires() {
    let script = Script::of(&[OPEN, OPEN]).await;
    let causes = Rc::new(RefCell::new(Vec::new()));
    let asked = Rc::clone(&causes);
    // The first lives little longer than the half minute before which it is renewed.
    let auth = Auth::new(move |context: AttemptContext| {
        let count = asked.borrow().len() as u64;
        asked.borrow_mut().push(context.cause);
        let lives = Duration::from_millis(30_700) + Duration::from_secs(3600) * count as u32;
        let expires_at = Duration::from_millis(js_sys::Date::now() as u64) + lives;
        async move { Token::with_expiry(format!("token-{count}"), expires_at) }
    });
    let source = script.source().last_event_id("7").auth(auth);
    let mut source = source.open().expect("a source");
    next(&mut source).await;
    next(&mut source).await;
    assert_eq!(*causes.borrow(), [Cause::Start, Cause::Renewal]);
    script.exactly(2).await;
}

#[wasm_bindgen_test]
async fn what_came_in_time_counts_however_late_it_is_asked_for() {
    const SLOW: &str = r#"{"steps": [{"text": "data: a\n\n"}, {"sleep_ms": 300}, {"text": "data: b\n\n"}, {"hang": true}]}"#;
    let script = Script::of(&[SLOW]).await;
    let timeout = HeartbeatTimeout::After(Duration::from_millis(1500));
    let mut source = script
        .source()
        .heartbeat_timeout(timeout)
        .open()
        .expect("a source");
    assert_eq!(next(&mut source).await.data, "a");
    // The page is blocked beyond the deadline, and the second event arrives meanwhile.
    let started = js_sys::Date::now();
    while js_sys::Date::now() - started < 2000.0 {}
    assert_eq!(next(&mut source).await.data, "b");
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn secrets_follow_no_redirect_to_where_nobody_can_see() {
    let script = Script::of(&[r#"{"status": 302, "headers": {"location": "/"}}"#]).await;
    let mut source = script.source().bearer("secret").open().expect("a source");
    let error = failure(&mut source).await;
    assert_eq!(error.reason(), Reason::Redirect);
    assert!(error.response().is_some());
}
