//! Over the wire, from another origin: what the server's request log says of each test.

use core::cell::{Cell, RefCell};
use core::pin::pin;
use core::time::Duration;
use std::rc::Rc;

use authenticated_event_source::browser::{
    AttemptContext, Auth, BoxError, Builder, Cause, Handle, State, States, Token, TokenProvider,
};
use authenticated_event_source::connection::{
    HeartbeatTimeout, Jitter, ReadyState, Reason, Retry, RetryOn, Verdict,
};
use authenticated_event_source::{AuthenticatedEventSource, Error, Event};
use futures_util::StreamExt;
use futures_util::future::{Either, LocalBoxFuture, join_all, select};
use js_sys::{Function, JSON, Reflect};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{RequestInit, Response};

const FIXTURE: &str = env!("FIXTURE_URL");
const FAULTS: &str = env!("FAULTS_URL");

/// A stream that the test [breaks off](Script::break_off). A server that resets the connection after a
/// while may do so before a busy page has read the event: the event is lost, and the test waits for it.
pub(crate) const FIRST: &str = r#"{"framing": {"length": 1000000}, "steps": [{"text": "id: 1\ndata: a\n\n"}, {"hang": true}]}"#;
pub(crate) const OPEN: &str = r#"{"steps": [{"text": "id: 2\ndata: b\n\n"}, {"hang": true}]}"#;

#[wasm_bindgen_test]
async fn the_server_is_there() {
    let answer = fetch("GET", &format!("{FIXTURE}/health/live"), None).await;
    assert_eq!(answer.status(), 200);
}

/// The global `fetch`, in a window and in workers alike.
async fn fetch(method: &str, url: &str, body: Option<&str>) -> Response {
    let fetch: Function = Reflect::get(&js_sys::global(), &"fetch".into())
        .expect("fetch")
        .unchecked_into();
    let init = RequestInit::new();
    init.set_method(method);
    init.set_body(&body.map_or(JsValue::UNDEFINED, JsValue::from_str));
    let promise: js_sys::Promise = fetch
        .call2(&JsValue::UNDEFINED, &url.into(), &init)
        .expect("a promise")
        .unchecked_into();
    JsFuture::from(promise)
        .await
        .expect("an answer")
        .unchecked_into()
}

async fn json<T: for<'a> Deserialize<'a>>(response: Response) -> T {
    let text = JsFuture::from(response.text().expect("a body")).await;
    let text = text.expect("the body").as_string().expect("text");
    let value = JSON::parse(&text).expect("JSON");
    serde_wasm_bindgen::from_value(value).expect("the shape")
}

/// One script on the server, with its log.
pub(crate) struct Script {
    url: String,
}

#[derive(Deserialize)]
struct Stored {
    url: String,
}

#[derive(Deserialize)]
struct Log {
    satisfied: bool,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    last_event_id: Option<String>,
    authorization: Option<Authorization>,
    ended: Option<Ended>,
}

impl Request {
    pub(crate) fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref().map(|it| it.value.as_str())
    }

    pub(crate) fn ended_by(&self) -> Option<&str> {
        self.ended.as_ref().map(|it| it.by.as_str())
    }
}

#[derive(Deserialize)]
struct Authorization {
    value: String,
}

#[derive(Deserialize)]
struct Ended {
    by: String,
}

impl Script {
    pub(crate) async fn of(responses: &[&str]) -> Self {
        let members = format!(r#""responses": [{}]"#, responses.join(","));
        Self::with(&members).await
    }

    /// A script with these members of a JSON object.
    pub(crate) async fn with(members: &str) -> Self {
        let script = format!(r#"{{{members}, "record_authorization": true}}"#);
        let stored: Stored =
            json(fetch("POST", &format!("{FAULTS}/fault/script"), Some(&script)).await).await;
        Self {
            url: format!("{FAULTS}{}", stored.url),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn source(&self) -> Builder {
        AuthenticatedEventSource::builder(&self.url).retry(quick())
    }

    async fn log(&self, query: &str) -> Log {
        json(fetch("GET", &format!("{}/log?{query}", self.control()), None).await).await
    }

    /// The same server under another origin: browsers limit the connections to an origin, and the sources
    /// of a test may use all of them.
    fn control(&self) -> String {
        self.url.replace("127.0.0.1", "localhost")
    }

    /// Resets the connections of the open responses.
    pub(crate) async fn break_off(&self) {
        let url = format!("{}/close?how=rst", self.control());
        assert_eq!(fetch("POST", &url, None).await.status(), 200);
    }

    /// All requests, of which the first so many have ended.
    pub(crate) async fn ended(&self, count: usize) -> Vec<Request> {
        let log = self.log(&format!("ended={count}&timeout=15000")).await;
        assert!(log.satisfied, "a request is still open");
        log.requests
    }

    /// All requests: so many came, and no more within a while.
    pub(crate) async fn exactly(&self, count: usize) -> Vec<Request> {
        let log = self.log(&format!("wait={count}&timeout=15000")).await;
        assert!(
            log.satisfied,
            "{count} were to come, {} did",
            log.requests.len()
        );
        let log = self.log(&format!("wait={}&timeout=400", count + 1)).await;
        assert!(
            !log.satisfied,
            "{count} were to come, {} did",
            log.requests.len()
        );
        log.requests
    }

    /// Who ended the first request.
    pub(crate) async fn ended_by(&self) -> String {
        let log = self.log("ended=1&timeout=15000").await;
        assert!(log.satisfied, "the request is still open");
        log.requests[0].ended.as_ref().expect("an end").by.clone()
    }
}

pub(crate) fn quick() -> Retry {
    let wait = Duration::from_millis(100);
    Retry::default()
        .initial_delay(wait)
        .max_delay(wait)
        .jitter(Jitter::None)
}

pub(crate) async fn next(source: &mut AuthenticatedEventSource) -> Event {
    let item = within("an event", source.next()).await;
    item.expect("an item").expect("an event")
}

pub(crate) async fn failure(source: &mut AuthenticatedEventSource) -> Error {
    match within("a failure", source.next()).await {
        Some(Err(error)) => error,
        item => panic!("{item:?} is no failure"),
    }
}

/// Waits for a result, at most 30 s. The limit is no measure of speed: a wait without one would hide which
/// test hangs.
pub(crate) async fn within<T>(name: &str, work: impl Future<Output = T>) -> T {
    let limit = gloo_timers::future::TimeoutFuture::new(30_000);
    match select(pin!(work), limit).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => panic!("no sign of {name} in 30 s"),
    }
}

pub(crate) fn tokens(requests: &[Request]) -> Vec<&str> {
    requests
        .iter()
        .map(|request| {
            request
                .authorization
                .as_ref()
                .map_or("", |auth| auth.value.as_str())
        })
        .collect()
}

pub(crate) fn cursors(requests: &[Request]) -> Vec<Option<&str>> {
    requests
        .iter()
        .map(|request| request.last_event_id.as_deref())
        .collect()
}

#[wasm_bindgen_test]
async fn opens_sends_the_bearer_and_yields_events() {
    let script = Script::of(&[
        r#"{"steps": [{"text": "id: 1\nevent: metrics\ndata: {\"cpu\": 7}\n\n"}, {"hang": true}]}"#,
    ])
    .await;
    let mut source = script.source().bearer("secret").open().expect("a source");
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    let event = next(&mut source).await;
    assert_eq!(
        (&*event.event_type, &*event.last_event_id),
        ("metrics", "1")
    );
    assert_eq!(
        (source.ready_state(), source.last_event_id()),
        (ReadyState::Open, String::from("1"))
    );
    assert_eq!(tokens(&script.exactly(1).await), ["Bearer secret"]);
}

#[cfg(feature = "serde")]
#[wasm_bindgen_test]
async fn data_is_read_as_json() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Metrics {
        cpu: f64,
        names: Vec<String>,
    }
    let script = Script::of(&[r#"{"steps": [{"text": "data: {\"cpu\": 7.5, \"names\": [\"é\"]}\n\ndata: no\n\n"}, {"hang": true}]}"#]).await;
    let mut source = script.source().open().expect("a source");
    let metrics: Metrics = next(&mut source).await.json().expect("metrics");
    assert_eq!(
        metrics,
        Metrics {
            cpu: 7.5,
            names: vec![String::from("é")]
        }
    );
    assert!(next(&mut source).await.json::<Metrics>().is_err());
}

#[wasm_bindgen_test]
async fn states_report_each_reconnect_and_its_reason() {
    let script = Script::of(&[FIRST, r#"{"status": 503}"#, OPEN]).await;
    let mut source = script.source().last_event_id("0").open().expect("a source");
    let states = source.states();
    assert_eq!(next(&mut source).await.data, "a");
    script.break_off().await;
    assert_eq!(next(&mut source).await.data, "b");
    assert_eq!(
        cursors(&script.exactly(3).await),
        [Some("0"), Some("1"), Some("1")]
    );
    source.close();
    let states: Vec<_> = states.map(|state| summary(&state)).collect().await;
    assert_eq!(
        states,
        [
            "connecting",
            "open, resumed: false",
            "network None, again in 100ms",
            "connecting",
            "status Some(503), again in 100ms",
            "connecting",
            "open, resumed: true",
            "closed",
        ]
    );
}

fn summary(state: &State) -> String {
    match state {
        State::Connecting => String::from("connecting"),
        State::Open { is_resumed, .. } => format!("open, resumed: {is_resumed}"),
        State::Waiting { error, wait, .. } => format!(
            "{} {:?}, again in {wait:?}",
            error.reason().as_str(),
            error.status()
        ),
        _ => String::from("closed"),
    }
}

/// The reasons of the attempts that were retried.
pub(crate) async fn retried(states: States) -> Vec<Reason> {
    let reasons = states.filter_map(async |state| match state {
        State::Waiting { error, .. } => Some(error.reason()),
        _ => None,
    });
    reasons.collect().await
}

/// Counts what it is asked for.
#[derive(Clone, Default)]
struct Session {
    refreshes: Rc<Cell<u32>>,
    causes: Rc<RefCell<Vec<Cause>>>,
}

impl TokenProvider for Session {
    fn token(
        &self,
        context: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
        self.causes.borrow_mut().push(context.cause);
        let token = Token::new(format!("token-{}", self.refreshes.get()));
        Box::pin(async { Ok(Some(token)) })
    }

    fn on_unauthorized(
        &self,
        _: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<bool, BoxError>> {
        let refreshes = Rc::clone(&self.refreshes);
        Box::pin(async move {
            gloo_timers::future::TimeoutFuture::new(300).await;
            refreshes.set(refreshes.get() + 1);
            Ok(true)
        })
    }
}

#[wasm_bindgen_test]
async fn a_401_is_refreshed_once_and_the_id_survives() {
    let script = Script::of(&[FIRST, r#"{"status": 401}"#, OPEN]).await;
    let session = Session::default();
    let mut source = script
        .source()
        .auth(Auth::new(session.clone()))
        .open()
        .expect("a source");
    next(&mut source).await;
    script.break_off().await;
    next(&mut source).await;
    let requests = script.exactly(3).await;
    assert_eq!(
        tokens(&requests),
        ["Bearer token-0", "Bearer token-0", "Bearer token-1"]
    );
    assert_eq!(cursors(&requests), [None, Some("1"), Some("1")]);
    assert_eq!(
        *session.causes.borrow(),
        [Cause::Start, Cause::Retry, Cause::Unauthorized]
    );
}

#[wasm_bindgen_test]
async fn a_second_401_is_fatal_and_a_fixed_token_is_not_tried_twice() {
    for (auth, requests) in [
        (Auth::new(Session::default()), 2),
        (Auth::bearer("secret"), 1),
    ] {
        let script = Script::of(&[r#"{"status": 401}"#]).await;
        let mut source = script.source().auth(auth).open().expect("a source");
        let error = failure(&mut source).await;
        assert_eq!(
            (error.reason(), error.status(), &*error.code()),
            (Reason::Unauthorized, Some(401), "ERR_UNAUTHORIZED")
        );
        assert!(!format!("{error} {error:?} {source:?}").contains("secret"));
        assert!(source.next().await.is_none(), "an error is the last item");
        assert_eq!(source.ready_state(), ReadyState::Closed);
        script.exactly(requests).await;
    }
}

#[wasm_bindgen_test]
async fn sources_that_share_credentials_refresh_once() {
    let session = Session::default();
    let auth = Auth::new(session.clone());
    let scripts = join_all((0..3).map(|_| Script::of(&[r#"{"status": 401}"#, OPEN]))).await;
    join_all(scripts.iter().map(|script| {
        let auth = auth.clone();
        async move { next(&mut script.source().auth(auth).open().expect("a source")).await }
    }))
    .await;
    assert_eq!(session.refreshes.get(), 1);
}

#[wasm_bindgen_test]
async fn a_post_is_sent_once_unless_retry_says_otherwise() {
    for (is_asked, expected) in [(false, 1), (true, 2)] {
        let script = Script::of(&[r#"{"status": 401}"#, OPEN]).await;
        let builder = AuthenticatedEventSource::builder(&script.url)
            .method("POST")
            .body("prompt");
        let builder = if is_asked {
            builder.retry(quick())
        } else {
            builder
        };
        let mut source = builder
            .auth(Auth::new(Session::default()))
            .open()
            .expect("a source");
        assert_eq!(source.next().await.expect("an item").is_ok(), is_asked);
        let requests = script.exactly(expected).await;
        assert!(requests.iter().all(|request| request.method == "POST"));
    }
}

#[wasm_bindgen_test]
async fn dropping_and_closing_abort_the_request() {
    for is_dropped in [true, false] {
        let script = Script::of(&[OPEN]).await;
        let mut source = script.source().open().expect("a source");
        next(&mut source).await;
        if is_dropped {
            drop(source);
        } else {
            source.close();
            assert!(source.next().await.is_none());
            assert_eq!(source.ready_state(), ReadyState::Closed);
        }
        assert_eq!(script.ended_by().await, "client");
        script.exactly(1).await;
    }
}

#[wasm_bindgen_test]
async fn open_connects_and_reconnects_without_polling() {
    let script = Script::of(&[r#"{"steps": [{"text": "id: 1\ndata: a\n\n"}]}"#, OPEN]).await;
    let mut source = script.source().open().expect("a source");
    assert_eq!(cursors(&script.exactly(2).await), [None, Some("1")]);
    assert_eq!(source.last_event_id(), "", "no event was taken");
    assert_eq!(next(&mut source).await.data, "a");
    assert_eq!(source.last_event_id(), "1");
    assert_eq!(next(&mut source).await.data, "b");
    assert_eq!(source.last_event_id(), "2");
}

#[wasm_bindgen_test]
async fn last_event_id_counts_taken_events_alone() {
    let text = "id: 1\\ndata: a\\n\\nid: 2\\ndata: b\\n\\nid: 3\\n\\n";
    let response = format!(r#"{{"steps": [{{"text": "{text}"}}, {{"hang": true}}]}}"#);
    for is_closed_early in [true, false] {
        let script = Script::of(&[&response]).await;
        let mut source = script.source().open().expect("a source");
        assert_eq!(next(&mut source).await.data, "a");
        assert_eq!(source.last_event_id(), "1");
        if is_closed_early {
            source.close();
            assert!(source.next().await.is_none(), "nothing comes after close");
            assert_eq!(source.last_event_id(), "1");
        } else {
            assert_eq!(next(&mut source).await.data, "b");
            assert_eq!(source.last_event_id(), "3", "the last block has no event");
        }
    }
}

#[wasm_bindgen_test]
async fn a_handle_controls_a_source_that_a_loop_owns() {
    let script = Script::of(&[OPEN]).await;
    let mut source = script.source().open().expect("a source");
    next(&mut source).await;
    let (handle, states) = (source.handle(), source.states());
    assert_eq!(handle.clone(), source.handle());
    handle.reconnect();
    script.exactly(2).await;
    let taker = async move {
        let mut taken = 0;
        while source.next().await.is_some() {
            taken += 1;
        }
        (taken, source)
    };
    let closer = async {
        gloo_timers::future::TimeoutFuture::new(100).await;
        assert!(matches!(handle.state(), State::Open { .. }));
        handle.close();
    };
    let ((taken, source), ()) = futures_util::future::join(taker, closer).await;
    assert_eq!(taken, 1);
    assert_eq!(handle.state(), State::Closed);
    assert_eq!(handle.last_event_id(), "2");
    assert_eq!(
        states.collect::<Vec<_>>().await.last(),
        Some(&State::Closed)
    );
    drop(source);
    handle.reconnect();
    assert_eq!(handle.states().collect::<Vec<_>>().await, [State::Closed]);
    script.exactly(2).await;
}

#[wasm_bindgen_test]
async fn should_retry_may_close_the_source() {
    let script = Script::of(&[r#"{"status": 404}"#]).await;
    let handle: Rc<RefCell<Option<Handle>>> = Rc::default();
    let closing = Rc::clone(&handle);
    let builder = script.source().should_retry(move |_| {
        closing.borrow().as_ref().expect("a handle").close();
        async { None }
    });
    let mut source = builder.open().expect("a source");
    handle.replace(Some(source.handle()));
    assert!(source.next().await.is_none());
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn reconnect_and_drop_let_a_provider_call_finish() {
    for is_dropped in [true, false] {
        let script = Script::of(&[OPEN]).await;
        let finished = Rc::new(Cell::new(0));
        let counter = Rc::clone(&finished);
        let auth = Auth::new(move |_: AttemptContext| {
            let counter = Rc::clone(&counter);
            async move {
                gloo_timers::future::TimeoutFuture::new(200).await;
                counter.set(counter.get() + 1);
                Token::new("token")
            }
        });
        let mut source = script.source().auth(auth).open().expect("a source");
        gloo_timers::future::TimeoutFuture::new(50).await;
        if is_dropped {
            drop(source);
            gloo_timers::future::TimeoutFuture::new(400).await;
            assert_eq!(finished.get(), 1);
            script.exactly(0).await;
        } else {
            source.reconnect();
            next(&mut source).await;
            assert_eq!(finished.get(), 2, "both calls ran to their end");
            script.exactly(1).await;
        }
    }
}

#[wasm_bindgen_test]
async fn providers_receive_the_context_of_their_attempt() {
    let script = Script::of(&[
        FIRST,
        r#"{"status": 503, "headers": {"x-nonce": "n", "access-control-expose-headers": "*"}}"#,
        OPEN,
    ])
    .await;
    let contexts = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&contexts);
    let builder = script.source().bearer("token");
    let builder = builder.headers(move |context: AttemptContext| {
        let number = seen.borrow().len();
        seen.borrow_mut().push(context);
        async move { Ok::<_, BoxError>([("authorization", format!("DPoP {number}"))]) }
    });
    let mut source = builder.open().expect("a source");
    next(&mut source).await;
    script.break_off().await;
    next(&mut source).await;
    script.exactly(3).await;
    let contexts = contexts.borrow();
    let summaries: Vec<_> = contexts
        .iter()
        .map(|context| {
            let response = context.response.as_ref();
            let nonce = response.and_then(|response| response.header("X-Nonce"));
            let status = response.map(|response| response.status);
            let id = context.last_event_id.as_str();
            (context.attempt, context.cause, id, status, nonce)
        })
        .collect();
    assert_eq!(
        summaries,
        [
            (1, Cause::Start, "", None, None),
            (2, Cause::Retry, "1", Some(200), None),
            (3, Cause::Retry, "1", Some(503), Some("n")),
        ]
    );
    assert_eq!(contexts[0].token, Some(Token::new("token")));
    assert_eq!(contexts[0].url, script.url);
    let printed = format!("{contexts:?}");
    assert!(
        !printed.contains(&script.url) && !printed.contains("\"token\""),
        "{printed}"
    );
}

#[wasm_bindgen_test]
async fn the_body_of_each_attempt_is_provided() {
    let script = Script::of(&[r#"{"status": 503}"#, OPEN]).await;
    let attempts = Rc::new(Cell::new(0));
    let counter = Rc::clone(&attempts);
    let builder = script.source().method("POST");
    let builder = builder.body_with(move |context: AttemptContext| {
        counter.set(context.attempt);
        async move { Ok::<_, BoxError>(format!("attempt {}", context.attempt)) }
    });
    next(&mut builder.open().expect("a source")).await;
    assert_eq!(attempts.get(), 2);
    let requests = script.exactly(2).await;
    assert!(requests.iter().all(|request| request.method == "POST"));
}

#[derive(Debug)]
struct SignedOut;

impl std::fmt::Display for SignedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody is signed in")
    }
}

impl std::error::Error for SignedOut {}

#[wasm_bindgen_test]
async fn the_error_of_a_provider_is_the_source_of_the_failure() {
    use std::error::Error as _;
    let auth = Auth::new(|_: AttemptContext| async { Err::<Token, _>(SignedOut) });
    let builder = AuthenticatedEventSource::builder("/").auth(auth);
    let mut source = builder.retry(Retry::never()).open().expect("a source");
    let error = failure(&mut source).await;
    assert_eq!(error.reason(), Reason::Auth);
    let cause = error.source().expect("a cause");
    assert!(cause.downcast_ref::<SignedOut>().is_some());
    assert!(error.to_string().ends_with("(cause: nobody is signed in)"));
    assert!(error.exception().is_none());
}

#[wasm_bindgen_test]
async fn an_error_response_has_at_most_16_kib_of_its_body() {
    let text = format!("secret{}é", "x".repeat(16_377));
    let response =
        format!(r#"{{"status": 400, "steps": [{{"text": "{text}"}}, {{"hang": true}}]}}"#);
    let script = Script::of(&[&response]).await;
    let mut source = script.source().open().expect("a source");
    let error = failure(&mut source).await;
    let body = error.body().expect("a body");
    assert_eq!(body.len(), 16_383, "the last character is not cut");
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert_eq!(script.ended_by().await, "client");
}

#[wasm_bindgen_test]
async fn headers_of_a_provider_are_called_again_after_a_401() {
    let script = Script::of(&[r#"{"status": 401}"#, OPEN]).await;
    let builder = script
        .source()
        .headers(|context: AttemptContext| async move {
            Ok::<_, BoxError>([("authorization", format!("Basic {}", context.attempt))])
        });
    next(&mut builder.open().expect("a source")).await;
    script.exactly(2).await;
}

/// The policy of browsers reconnects to the URL of the last redirect. Secrets belong to the URL given.
#[wasm_bindgen_test]
async fn an_attempt_with_secrets_begins_at_the_url_given() {
    for (has_secrets, counts) in [(true, [2, 1]), (false, [1, 2])] {
        let target = Script::of(&[r#"{"steps": [{"text": "data: a\n\n"}]}"#, OPEN]).await;
        let redirect = format!(
            r#"{{"status": 302, "headers": {{"location": "{}"}}}}"#,
            target.url
        );
        let script = Script::of(&[&redirect, OPEN]).await;
        let builder = AuthenticatedEventSource::builder(&script.url);
        let builder = builder.headers(move |context: AttemptContext| async move {
            let is_secret = has_secrets && context.cause == Cause::Retry;
            let name = if is_secret {
                "authorization"
            } else {
                "accept-language"
            };
            Ok::<_, BoxError>([(name, "en")])
        });
        let retry = Retry::spec().initial_delay(Duration::from_millis(100));
        let mut source = builder.retry(retry).open().expect("a source");
        assert_eq!(next(&mut source).await.data, "a");
        assert_eq!(next(&mut source).await.data, "b");
        script.exactly(counts[0]).await;
        target.exactly(counts[1]).await;
    }
}

#[wasm_bindgen_test]
async fn a_post_with_retry_never_is_sent_once() {
    let script = Script::of(&[r#"{"status": 401}"#, OPEN]).await;
    let auth = Auth::new(|_: AttemptContext| async { Token::new("token") });
    let builder = script.source().method("POST").body("prompt");
    let mut source = builder
        .retry(Retry::never())
        .auth(auth)
        .open()
        .expect("a source");
    assert_eq!(failure(&mut source).await.reason(), Reason::Unauthorized);
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn the_policy_of_browsers_reports_204_and_has_no_limits() {
    let script = Script::of(&[r#"{"status": 204}"#]).await;
    let mut source = script
        .source()
        .retry(Retry::spec())
        .open()
        .expect("a source");
    let error = failure(&mut source).await;
    assert_eq!(
        (error.reason(), error.status()),
        (Reason::NoContent, Some(204))
    );
    script.exactly(1).await;

    let script = Script::of(&[r#"{"headers": {"sse-heartbeat": "1"}, "steps": [{"text": "data: a\n\n"}, {"sleep_ms": 11000}, {"text": "data: b\n\n"}, {"hang": true}]}"#]).await;
    let mut source = script
        .source()
        .retry(Retry::spec())
        .open()
        .expect("a source");
    next(&mut source).await;
    assert_eq!(next(&mut source).await.data, "b");
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn reconnect_goes_on_at_the_same_place() {
    let script = Script::of(&[OPEN]).await;
    let mut source = script.source().open().expect("a source");
    next(&mut source).await;
    source.reconnect();
    next(&mut source).await;
    assert_eq!(cursors(&script.exactly(2).await), [None, Some("2")]);
}

/// 32 MiB, more than the buffers between the server and us.
#[wasm_bindgen_test]
async fn a_slow_reader_slows_the_server_and_loses_nothing() {
    let line = "x".repeat(32 * 1024);
    let response = format!(
        r#"{{"steps": [{{"count": {{"text": "id: {{i}}\ndata: {line}\n\n", "n": 1024}}}}]}}"#
    );
    let script = Script::of(&[&response]).await;
    let mut source = script
        .source()
        .retry(Retry::never())
        .open()
        .expect("a source");
    next(&mut source).await;
    gloo_timers::future::TimeoutFuture::new(600).await;
    let log = script.log("").await;
    assert!(log.requests[0].ended.is_none(), "all of it was read");
    for id in 2..=1024 {
        assert_eq!(next(&mut source).await.last_event_id, id.to_string());
    }
    assert!(source.next().await.is_none(), "the end is no error");
}

#[wasm_bindgen_test]
async fn the_policy_is_the_callers() {
    let gone = r#"{"status": 404, "steps": [{"text": "gone"}]}"#;
    let script = Script::of(&[gone, r#"{"status": 503}"#, OPEN]).await;
    let mut source = script
        .source()
        .should_retry(|error| async move {
            gloo_timers::future::TimeoutFuture::new(50).await;
            (error.body() == Some("gone")).then_some(Verdict::Retry)
        })
        .open()
        .expect("a source");
    next(&mut source).await;
    script.exactly(3).await;

    let ending = Script::of(&[r#"{"steps": [{"text": "retry: 700\ndata: a\n\n"}]}"#]).await;
    let mut source = ending
        .source()
        .retry(quick().on(RetryOn::Error))
        .open()
        .expect("a source");
    next(&mut source).await;
    assert_eq!(source.reconnection_time(), Duration::from_millis(700));
    assert!(source.next().await.is_none());
    ending.exactly(1).await;
}

#[wasm_bindgen_test]
async fn what_falls_silent_is_given_up() {
    let silent = Script::of(&[OPEN]).await;
    let mut source = silent
        .source()
        .heartbeat_timeout(HeartbeatTimeout::After(Duration::from_millis(300)))
        .open()
        .expect("a source");
    let states = source.states();
    next(&mut source).await;
    next(&mut source).await;
    source.close();
    assert_eq!(retried(states).await, [Reason::Stalled]);

    let mute = Script::of(&[r#"{"framing": "raw", "steps": [{"hang": true}]}"#]).await;
    let mut source = mute
        .source()
        .retry(Retry::never())
        .connect_timeout(Duration::from_millis(300))
        .open()
        .expect("a source");
    assert_eq!(failure(&mut source).await.reason(), Reason::Timeout);
}

#[wasm_bindgen_test]
async fn too_large_an_event_comes_after_those_before_it() {
    let line = "x".repeat(2000);
    let script = Script::of(&[&format!(
        r#"{{"steps": [{{"text": "data: a\n\ndata: {line}\n\n"}}, {{"hang": true}}]}}"#
    )])
    .await;
    let mut source = script
        .source()
        .max_event_size(1000)
        .open()
        .expect("a source");
    assert_eq!(next(&mut source).await.data, "a");
    assert_eq!(failure(&mut source).await.reason(), Reason::TooLarge);
}
