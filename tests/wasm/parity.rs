//! Behavior that the JavaScript API has too, and that no shared scenario can express.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use authenticated_event_source::browser::{
    AttemptContext, Auth, BoxError, Builder, Exception, FetchResponse, State, Token,
};
use authenticated_event_source::connection::{HeartbeatTimeout, Reason, Retry};
use authenticated_event_source::{AuthenticatedEventSource, Error};
use futures_util::{StreamExt, stream};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Response;

use crate::against_the_fixture::{OPEN, Script, failure, next};

const URL: &str = "https://user.example/path?query=sec#fragment";

fn builder() -> Builder {
    AuthenticatedEventSource::builder(URL).retry(Retry::never())
}

/// The final error of a source whose closure of `fetch` returns the value of this expression.
async fn failure_of(expression: &'static str) -> Error {
    let builder = AuthenticatedEventSource::builder(URL).fetch(move |_| async move {
        let response = js_sys::eval(expression)?;
        Ok::<_, Exception>(response.unchecked_into::<Response>())
    });
    failure(&mut builder.open().expect("a source")).await
}

#[wasm_bindgen_test]
async fn a_response_without_a_readable_body_is_final_and_named() {
    const HEAD: &str = "{ headers: { 'content-type': 'text/event-stream' } }";
    for (response, text) in [
        ("undefined", "returned no `Response`"),
        ("({})", "returned no `Response`"),
        ("new Response(null, HEAD)", "missing, locked, used"),
        (
            "const r = new Response('data: a', HEAD); r.body.getReader(); r",
            "missing, locked, used",
        ),
        (
            "const r = new Response('data: a', HEAD); r.text(); r",
            "missing, locked, used",
        ),
        (
            "new Response(new ReadableStream({ start(it) { it.enqueue('data: a') } }), HEAD)",
            "not a stream of bytes",
        ),
    ] {
        let expression = format!("{{ const HEAD = {HEAD}; {response} }}");
        let error = failure_of(Box::leak(expression.into_boxed_str())).await;
        assert_eq!(error.reason(), Reason::Request, "{response}");
        assert!(error.to_string().contains(text), "{response}: {error}");
    }
    let builder = AuthenticatedEventSource::builder(URL).fetch(|_| async {
        let head = FetchResponse::new(200).header("content-type", "text/event-stream");
        Ok::<_, BoxError>(head)
    });
    let error = failure(&mut builder.open().expect("a source")).await;
    assert!(error.to_string().contains("missing, locked"), "{error}");
}

#[wasm_bindgen_test]
async fn a_closure_of_fetch_receives_the_request_and_returns_a_stream_of_bytes() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let requests = Rc::clone(&seen);
    let builder = AuthenticatedEventSource::builder("https://user.example/")
        .method("POST")
        .body("prompt")
        .bearer("token")
        .header("X-Tenant", "7")
        .retry(crate::against_the_fixture::quick())
        .fetch(move |request| {
            let number = requests.borrow().len();
            requests.borrow_mut().push(request);
            let text = format!("id: {number}\ndata: {number}\n\n");
            async move {
                let chunks = stream::iter([Ok::<_, BoxError>(text)]);
                Ok::<_, BoxError>(FetchResponse::event_stream(chunks))
            }
        });
    let mut source = builder.open().expect("a source");
    let event = next(&mut source).await;
    assert_eq!((&*event.data, event.has_own_id), ("0", true));
    assert_eq!(event.origin, "https://user.example");
    assert_eq!(next(&mut source).await.data, "1");
    let seen = seen.borrow();
    let request = &seen[1];
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("Authorization"), Some("Bearer token"));
    assert_eq!(request.header("x-tenant"), Some("7"));
    assert_eq!(request.header("last-event-id"), Some("0"));
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    let body = request.body.as_ref().expect("a body");
    assert_eq!(body.as_bytes(), Some(&b"prompt"[..]));
    assert!(!format!("{request:?}").contains("token"));
}

#[wasm_bindgen_test]
async fn a_source_reads_an_existing_stream_and_never_reconnects() {
    let bytes = stream::iter(["data: 0\n\n", "data: 1\n\n"]).map(Ok::<_, BoxError>);
    let mut source = AuthenticatedEventSource::from_stream(bytes)
        .last_event_id("7")
        .open()
        .expect("a source");
    let event = next(&mut source).await;
    assert_eq!((&*event.data, &*event.last_event_id), ("0", "7"));
    source.reconnect();
    assert_eq!(next(&mut source).await.data, "1");
    assert!(source.next().await.is_none());

    let broken = stream::iter([Ok("data: a\n\n"), Err(BoxError::from("reset"))]);
    let mut source = AuthenticatedEventSource::from_stream(broken)
        .open()
        .expect("a source");
    next(&mut source).await;
    let error = failure(&mut source).await;
    assert_eq!(error.reason(), Reason::Network);
    assert!(error.to_string().ends_with("(cause: reset)"), "{error}");
}

#[wasm_bindgen_test]
async fn each_mistake_with_credentials_has_a_text_of_its_own() {
    let provided =
        |token: &'static str| Auth::new(move |_: AttemptContext| async move { Token::new(token) });
    let none = Auth::new(|_: AttemptContext| async { None::<Token> });
    for (builder, text) in [
        (builder().bearer(""), "The token is empty"),
        (builder().bearer("Bearer x"), "The scheme was sent twice"),
        (builder().bearer("undefined"), "the text `undefined`"),
        (builder().header("Authorization", "sec"), "has no scheme"),
        (builder(), "No credentials were sent"),
        (builder().auth(none), "No credentials were sent"),
        (builder().auth(provided("")), "The token is empty"),
        (builder().bearer("valid"), "Sign in again, or return"),
        (
            builder().header("X-Api-Key", "sec"),
            "Sign in again, or return",
        ),
    ] {
        let builder = builder.fetch(|_| async { Ok::<_, BoxError>(FetchResponse::new(401)) });
        let error = failure(&mut builder.open().expect("a source")).await;
        assert_eq!(error.reason(), Reason::Unauthorized, "{text}");
        assert!(error.message().contains(text), "{text}: {error}");
        assert!(error.message().ends_with(" URL: https://user.example/path"));
        assert!(!error.message().contains("sec"), "{error}");
    }
    let builder = builder().auth(provided("sec\nret"));
    let builder = builder.fetch(|_| async { Ok::<_, BoxError>(FetchResponse::new(401)) });
    let error = failure(&mut builder.open().expect("a source")).await;
    assert_eq!(error.reason(), Reason::Request);
    assert!(
        error.message().starts_with("The token is not legal"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("sec"));
}

#[wasm_bindgen_test]
fn each_mistake_in_the_options_is_an_error_of_open_with_a_text_of_its_own() {
    let source = || AuthenticatedEventSource::builder("/sec");
    let body = js_sys::eval("new ReadableStream()").expect("a stream");
    let streamed = source().method("POST").body(body);
    let zero = HeartbeatTimeout::After(Duration::ZERO);
    for (builder, text) in [
        (
            AuthenticatedEventSource::builder("http://"),
            "The URL is not valid",
        ),
        (
            AuthenticatedEventSource::builder("http://user:sec@localhost/"),
            "user name or a password",
        ),
        (source().header("x", "sec\nret"), "of a header is not legal"),
        (source().header("sec ret", "x"), "of a header is not legal"),
        (source().bearer("sec\nret"), "The token is not legal"),
        (
            source().auth(Auth::bearer("sec").scheme("a\nb")),
            "The scheme or",
        ),
        (
            source().auth(Auth::bearer("sec").header("a b")),
            "The scheme or",
        ),
        (
            source().bearer("sec").auth(Auth::bearer("sec")),
            "set twice",
        ),
        (source().method("not legal"), "The method is not legal"),
        (source().method("TRACE"), "The method is not legal"),
        (source().body("sec"), "has no body"),
        (source().method("head").body("sec"), "has no body"),
        (streamed.retry(Retry::default()), "can be sent only once"),
        (source().last_event_id("sec\r"), "contains NUL, CR or LF"),
        (source().heartbeat_timeout(zero), "must be positive"),
        (
            source().retry(Retry::default().multiplier(-1.0)),
            "`multiplier` must",
        ),
        (
            source().retry(Retry::default().multiplier(f64::NAN)),
            "`multiplier` must",
        ),
    ] {
        assert!(!format!("{builder:?}").contains("sec"), "{text}");
        let error = builder.open().expect_err(text);
        assert_eq!(error.reason(), Reason::Request, "{text}");
        assert!(error.to_string().contains(text), "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains("sec"), "{text}");
    }
}

#[wasm_bindgen_test]
async fn a_timeout_names_how_many_sources_share_the_origin() {
    let source = || {
        let builder = AuthenticatedEventSource::builder("https://busy.example/");
        let builder = builder.fetch(|_| core::future::pending::<Result<FetchResponse, BoxError>>());
        let builder = builder.connect_timeout(Duration::from_millis(300));
        builder.retry(Retry::never()).open().expect("a source")
    };
    let mut sources = [source(), source(), source()];
    let message = failure(&mut sources[2]).await.message().to_owned();
    assert!(message.contains(": 3 sources use this origin"), "{message}");
    drop(sources);
    let message = failure(&mut source()).await.message().to_owned();
    assert!(message.contains("raise `connect_timeout`"), "{message}");
}

fn fire(event: &str) {
    js_sys::eval(&format!("dispatchEvent({event})")).expect("an event");
}

#[wasm_bindgen_test]
async fn a_page_that_is_left_closes_its_sources() {
    let script = Script::of(&[OPEN]).await;
    let mut source = script.source().open().expect("a source");
    let states = source.states();
    next(&mut source).await;
    fire("new Event('pagehide')");
    assert!(source.next().await.is_none());
    assert_eq!(script.ended_by().await, "client");
    let states: Vec<_> = states.collect().await;
    assert_eq!(states.last(), Some(&State::Closed));
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn a_connection_that_breaks_as_the_page_is_left_is_not_reported() {
    let builder = AuthenticatedEventSource::builder(URL).fetch(|_| async {
        // Chromium rejects the requests of a page before `pagehide`.
        wasm_bindgen_futures::spawn_local(async {
            futures_util::future::ready(()).await;
            fire("new Event('pagehide')");
        });
        Err::<FetchResponse, _>("aborted")
    });
    let mut source = builder.open().expect("a source");
    let states = source.states();
    assert!(source.next().await.is_none());
    let states: Vec<_> = states.collect().await;
    assert_eq!(states, [State::Connecting, State::Closed]);
}

#[wasm_bindgen_test]
async fn an_address_that_the_policy_of_the_page_forbids_is_final() {
    let url = "https://forbidden.example/events?sec";
    let builder = AuthenticatedEventSource::builder(url).fetch(|_| async {
        fire(
            "new SecurityPolicyViolationEvent('securitypolicyviolation', { \
             blockedURI: 'https://forbidden.example/events', disposition: 'enforce', \
             effectiveDirective: 'connect-src', violatedDirective: 'connect-src', \
             documentURI: '', originalPolicy: '', statusCode: 200 })",
        );
        Err::<FetchResponse, _>("refused")
    });
    let mut source = builder.open().expect("a source");
    let error = failure(&mut source).await;
    assert_eq!((error.reason(), &*error.code()), (Reason::Csp, "ERR_CSP"));
    assert!(error.message().contains("connect-src"), "{error}");
    assert!(source.next().await.is_none());
}

/// Nothing polls the source, so that its queue is full when the token is about to expire.
#[wasm_bindgen_test]
async fn a_token_is_renewed_while_the_queue_is_full() {
    let line = "x".repeat(32 * 1024);
    let full = format!(
        r#"{{"steps": [{{"count": {{"text": "id: {{i}}\ndata: {line}\n\n", "n": 64}}}}, {{"hang": true}}]}}"#
    );
    let script = Script::of(&[&full, OPEN]).await;
    let causes = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&causes);
    let auth = Auth::new(move |context: AttemptContext| {
        let count = seen.borrow().len() as u32;
        seen.borrow_mut().push(context.cause);
        let lives = Duration::from_millis(3_000) + Duration::from_secs(3600) * count;
        let now = Duration::from_millis(js_sys::Date::now() as u64);
        async move { Token::with_expiry(format!("token-{count}"), now + lives) }
    });
    let auth = auth.renew_before(Duration::from_secs(1));
    let mut source = script.source().auth(auth).open().expect("a source");
    let requests = script.exactly(2).await;
    let renewed_at: u64 = requests[1]
        .last_event_id()
        .expect("an ID")
        .parse()
        .expect("a number");
    assert!(renewed_at < 64, "the queue was not full");
    for id in 1..=renewed_at {
        assert_eq!(next(&mut source).await.last_event_id, id.to_string());
    }
    assert_eq!(next(&mut source).await.data, "b");
}

#[wasm_bindgen_test]
async fn secrets_of_the_url_appear_in_no_error() {
    let builder = AuthenticatedEventSource::builder("https://user.example/a?key=sec%20ret");
    let builder = builder.retry(Retry::never());
    let builder = builder.fetch(|_| async { Err::<FetchResponse, _>("failed: sec ret") });
    let error = failure(&mut builder.open().expect("a source")).await;
    assert!(!error.to_string().contains("sec"), "{error}");
    let fetch = |_| async { Err::<FetchResponse, Exception>(JsValue::from_str("boom").into()) };
    let builder = AuthenticatedEventSource::builder(URL).retry(Retry::never());
    let error = failure(&mut builder.fetch(fetch).open().expect("a source")).await;
    assert_eq!(error.exception(), Some(&JsValue::from_str("boom")));
}

#[wasm_bindgen_test]
async fn a_reconnect_ends_the_wait_for_should_retry() {
    let script = Script::of(&[r#"{"status": 404}"#, OPEN]).await;
    let builder = script.source().should_retry(|_| async {
        TimeoutFuture::new(60_000).await;
        None
    });
    let mut source = builder.open().expect("a source");
    script.exactly(1).await;
    source.reconnect();
    assert_eq!(next(&mut source).await.data, "b");
    script.exactly(2).await;
}
