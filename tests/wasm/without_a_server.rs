//! What needs no server: `data:` URLs are fetched like any other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use authenticated_event_source::browser::{Exception, ResponseBytes};
use authenticated_event_source::connection::{ReadyState, Reason, Retry};
use authenticated_event_source::{AuthenticatedEventSource, Event};
use futures_util::StreamExt;
use gloo_timers::callback::Interval;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Response;

fn source(url: &str) -> AuthenticatedEventSource {
    AuthenticatedEventSource::builder(url)
        .retry(Retry::never())
        .open()
        .expect("a legal URL")
}

#[wasm_bindgen_test]
async fn the_events_of_a_stream_come_in_order_and_its_end_ends_the_source() {
    let stream = "data:text/event-stream,id:1%0Adata:a%0A%0Aevent:b%0Adata:c%0A%0Adata:unfinished";
    let mut source = source(stream);
    let event =
        |event_type: &str, data: &str| Event::new(event_type, data, "1").with_origin("null");
    assert_eq!(
        source.next().await.expect("an event").expect("no failure"),
        event("message", "a").with_own_id()
    );
    assert_eq!(
        source.next().await.expect("an event").expect("no failure"),
        event("b", "c")
    );
    assert!(source.next().await.is_none());
    assert_eq!(
        (source.ready_state(), &*source.last_event_id()),
        (ReadyState::Closed, "1")
    );
}

#[wasm_bindgen_test]
async fn another_content_type_is_fatal_and_named() {
    let mut source = source("data:text/html,<title>Sign in</title>");
    let error = source
        .next()
        .await
        .expect("an item")
        .expect_err("no event stream");
    assert_eq!(
        (error.reason(), &*error.code()),
        (Reason::ContentType, "ERR_CONTENT_TYPE")
    );
    assert!(error.to_string().contains("text/html"), "{error}");
    assert!(source.next().await.is_none());
}

#[wasm_bindgen_test]
async fn nothing_comes_after_close() {
    let mut source = source("data:text/event-stream,data:a%0A%0A");
    source.close();
    assert!(source.next().await.is_none());
}

/// Returns a byte stream of the user that closes while a read is pending.
const MOCKED_FETCH: &str = "
    async () => {
        const start = (stream) => {
            setTimeout(() => stream.enqueue(new TextEncoder().encode('data: a\\n\\n')), 50);
            setTimeout(() => stream.close(), 100);
        };
        const headers = { 'content-type': 'text/event-stream' };
        return new Response(new ReadableStream({ type: 'bytes', start }), { headers });
    }
";

#[wasm_bindgen_test]
async fn the_end_of_a_byte_stream_from_a_replaced_fetch_is_seen() {
    let requested = Rc::new(RefCell::new(Vec::new()));
    let urls = Rc::clone(&requested);
    let builder = AuthenticatedEventSource::builder("https://example.com/events");
    let builder = builder.fetch(move |request| {
        urls.borrow_mut().push(request.url);
        let fetch: Function = js_sys::eval(MOCKED_FETCH).expect("a function").into();
        async move {
            let response: Promise = fetch.call0(&JsValue::UNDEFINED)?.unchecked_into();
            let response: Response = JsFuture::from(response).await?.unchecked_into();
            Ok::<_, Exception>(response)
        }
    });
    let mut source = builder.retry(Retry::never()).open().expect("a source");
    let event = source.next().await.expect("an event").expect("no failure");
    assert_eq!(event.data, "a");
    assert!(source.next().await.is_none());
    assert_eq!(*requested.borrow(), ["https://example.com/events"]);
}

#[wasm_bindgen_test]
async fn the_body_of_a_response_is_a_stream_of_bytes() {
    let response = js_sys::eval("new Response('data: a\\n\\n')").expect("a response");
    let response: Response = response.unchecked_into();
    let bytes = ResponseBytes::new(&response).expect("a body");
    let chunks: Vec<_> = bytes.map(|chunk| chunk.expect("a chunk")).collect().await;
    assert_eq!(chunks.concat(), b"data: a\n\n");

    let locked = js_sys::eval("const r = new Response('a'); r.body.getReader(); r");
    let locked: Response = locked.expect("a response").unchecked_into();
    let error = ResponseBytes::new(&locked).expect_err("a locked body");
    assert!(error.to_string().starts_with("TypeError: "), "{error}");
}

#[wasm_bindgen_test]
async fn a_burst_leaves_other_tasks_their_turn() {
    let event = format!("data:{}%0A%0A", "a".repeat(100));
    let mut source = source(&format!("data:text/event-stream,{}", event.repeat(300)));
    let rings = Rc::new(Cell::new(0));
    let counter = Rc::clone(&rings);
    let clock = Interval::new(1, move || counter.set(counter.get() + 1));
    let mut events = 0;
    while let Some(event) = source.next().await {
        event.expect("no failure");
        events += 1;
        let begun = js_sys::Date::now();
        while js_sys::Date::now() - begun < 1.0 {}
    }
    drop(clock);
    assert_eq!(events, 300);
    assert!(rings.get() >= 5, "{} rings in 300 ms", rings.get());
}
