//! What follows a response that rejects the credentials, and what the clock must not change.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use authenticated_event_source::browser::{
    AttemptContext, Auth, BoxError, Cause, Token, TokenProvider,
};
use authenticated_event_source::connection::{HeartbeatTimeout, Reason, Retry};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::against_the_fixture::{OPEN, Script, failure, next, tokens};

const REJECTED: &str = r#"{"status": 401}"#;
const FORBIDDEN: &str = r#"{"status": 403}"#;

/// A session whose token counts its refreshes.
#[derive(Clone, Default)]
struct Session {
    refreshes: Rc<Cell<u32>>,
    /// How long a refresh takes, in milliseconds.
    delay: u32,
    is_over: bool,
    has_refresh: bool,
    /// The expected cause of a refresh. Default: `Unauthorized`.
    cause: Option<Cause>,
    /// Since 1970.
    expires_at: Option<Duration>,
}

impl TokenProvider for Session {
    fn token(&self, _: AttemptContext) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
        let refreshes = self.refreshes.get();
        let value = format!("token-{refreshes}");
        let token = match self.expires_at {
            Some(at) => Token::with_expiry(value, at + refreshes * Duration::from_secs(3600)),
            None => Token::new(value),
        };
        Box::pin(async { Ok(Some(token)) })
    }

    fn on_unauthorized(
        &self,
        context: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<bool, BoxError>> {
        assert_eq!(context.cause, self.cause.unwrap_or(Cause::Unauthorized));
        let session = self.clone();
        Box::pin(async move {
            TimeoutFuture::new(session.delay).await;
            session.refreshes.set(session.refreshes.get() + 1);
            Ok(!session.is_over)
        })
    }

    fn has_refresh(&self) -> bool {
        self.has_refresh
    }
}

#[wasm_bindgen_test]
async fn a_refresh_has_no_time_limit() {
    let script = Script::of(&[REJECTED, OPEN]).await;
    let session = Session {
        delay: 2500,
        ..Session::default()
    };
    let source = script.source().auth(Auth::new(session.clone()));
    let mut source = source
        .connect_timeout(Duration::from_millis(1500))
        .open()
        .expect("a source");
    next(&mut source).await;
    assert_eq!(session.refreshes.get(), 1);
    let requests = script.exactly(2).await;
    assert_eq!(tokens(&requests), ["Bearer token-0", "Bearer token-1"]);
}

#[wasm_bindgen_test]
async fn a_refused_refresh_is_final() {
    let script = Script::of(&[FORBIDDEN, OPEN]).await;
    let auth = Auth::new(Session {
        is_over: true,
        ..Session::default()
    });
    let source = script.source().auth(auth.refresh_on([401, 403]));
    let error = failure(&mut source.open().expect("a source")).await;
    assert_eq!(
        (error.reason(), error.status()),
        (Reason::Unauthorized, Some(403))
    );
    script.exactly(1).await;
}

#[wasm_bindgen_test]
async fn refresh_on_selects_the_statuses_that_reject_the_token() {
    let script = Script::of(&[FORBIDDEN, OPEN]).await;
    let auth = Auth::new(Session::default()).refresh_on([403]);
    next(&mut script.source().auth(auth).open().expect("a source")).await;
    let requests = script.exactly(2).await;
    assert_eq!(tokens(&requests), ["Bearer token-0", "Bearer token-1"]);
}

#[wasm_bindgen_test]
async fn refresh_if_selects_the_responses_that_reject_the_token() {
    const EXPIRED: &str =
        r#"{"status": 403, "headers": {"x-expired": "1", "access-control-expose-headers": "*"}}"#;
    let script = Script::of(&[EXPIRED, FORBIDDEN]).await;
    let auth =
        Auth::new(Session::default()).refresh_if(|response| response.header("X-Expired").is_some());
    let error = failure(&mut script.source().auth(auth).open().expect("a source")).await;
    assert_eq!(error.reason(), Reason::Status);
    let requests = script.exactly(2).await;
    assert_eq!(tokens(&requests), ["Bearer token-0", "Bearer token-1"]);
}

#[wasm_bindgen_test]
async fn a_refused_refresh_keeps_the_response_of_the_rejection() {
    let script = Script::of(&[r#"{"status": 401, "steps": [{"text": "expired"}]}"#]).await;
    let auth = Auth::new(Session {
        is_over: true,
        ..Session::default()
    });
    let error = failure(&mut script.source().auth(auth).open().expect("a source")).await;
    assert_eq!(error.body(), Some("expired"));
    assert_eq!(error.response_head().expect("a head").status, 401);
    assert!(error.response().is_some());
}

#[wasm_bindgen_test]
async fn a_provider_receives_the_body_of_the_rejection() {
    let rejected = r#"{"status": 401, "steps": [{"text": "challenge"}]}"#;
    let script = Script::of(&[rejected, OPEN]).await;
    let bodies = Rc::new(core::cell::RefCell::new(Vec::new()));
    let seen = Rc::clone(&bodies);
    let auth = Auth::new(move |context: AttemptContext| {
        seen.borrow_mut().push(context.body);
        async { Token::new("token") }
    });
    next(&mut script.source().auth(auth).open().expect("a source")).await;
    assert_eq!(*bodies.borrow(), [None, Some(String::from("challenge"))]);
}

#[wasm_bindgen_test]
async fn a_post_is_sent_again_only_with_a_refresh_or_a_retry_policy() {
    for (has_refresh, retry, requests) in [
        (false, Retry::never(), 1),
        (true, Retry::never(), 2),
        (false, Retry::default(), 2),
    ] {
        let script = Script::of(&[REJECTED]).await;
        let auth = Auth::new(Session {
            has_refresh,
            ..Session::default()
        });
        let source = script.source().method("POST").body("x").retry(retry);
        let error = failure(&mut source.auth(auth).open().expect("a source")).await;
        assert_eq!(error.reason(), Reason::Unauthorized);
        script.exactly(requests).await;
    }
}

#[wasm_bindgen_test]
async fn the_standard_policy_refreshes_only_if_the_provider_has_a_refresh() {
    for (has_refresh, requests) in [(false, 1), (true, 2)] {
        let script = Script::of(&[REJECTED]).await;
        let auth = Auth::new(Session {
            has_refresh,
            ..Session::default()
        });
        let source = script.source().retry(Retry::spec()).auth(auth);
        failure(&mut source.open().expect("a source")).await;
        script.exactly(requests).await;
    }
}

#[wasm_bindgen_test]
async fn the_standard_policy_reports_a_204_as_an_error() {
    let script = Script::of(&[r#"{"status": 204}"#]).await;
    let source = script.source().retry(Retry::spec());
    let error = failure(&mut source.open().expect("a source")).await;
    assert_eq!(error.reason(), Reason::NoContent);
}

#[wasm_bindgen_test]
async fn a_provider_without_a_token_sends_no_credentials() {
    let script = Script::of(&[OPEN]).await;
    let auth = Auth::new(|_: AttemptContext| async { None::<Token> });
    next(&mut script.source().auth(auth).open().expect("a source")).await;
    assert_eq!(tokens(&script.exactly(1).await), [""]);
}

#[wasm_bindgen_test]
async fn a_provider_call_runs_to_its_end_although_its_source_is_dropped() {
    let script = Script::of(&[OPEN]).await;
    let is_done = Rc::new(Cell::new(false));
    let done = Rc::clone(&is_done);
    let auth = Auth::new(move |_: AttemptContext| {
        let done = Rc::clone(&done);
        async move {
            TimeoutFuture::new(300).await;
            done.set(true);
            Token::new("token")
        }
    });
    let source = script.source().auth(auth).open().expect("a source");
    TimeoutFuture::new(50).await;
    drop(source);
    TimeoutFuture::new(600).await;
    assert!(is_done.get());
    script.exactly(0).await;
}

#[wasm_bindgen_test]
async fn a_renewal_that_returns_the_same_token_refreshes_once() {
    let script = Script::of(&[OPEN, OPEN]).await;
    let now = Duration::from_millis(js_sys::Date::now() as u64);
    let session = Session {
        expires_at: Some(now + Duration::from_secs(2)),
        cause: Some(Cause::Renewal),
        ..Session::default()
    };
    let source = script.source().auth(Auth::new(session.clone()));
    let mut source = source.open().expect("a source");
    next(&mut source).await;
    next(&mut source).await;
    assert_eq!(session.refreshes.get(), 1);
    let requests = script.exactly(2).await;
    assert_eq!(tokens(&requests), ["Bearer token-0", "Bearer token-1"]);
}

/// Replaces a clock of the page until it is dropped.
struct Replaced(&'static str);

impl Replaced {
    fn with(clock: &'static str, code: &str) -> Self {
        let code = format!("{clock}.realNow ??= {clock}.now; {clock}.now = {code}");
        js_sys::eval(&code).expect("the clock");
        Self(clock)
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        let code = format!("{0}.now = {0}.realNow", self.0);
        js_sys::eval(&code).expect("the clock");
    }
}

#[wasm_bindgen_test]
async fn a_frozen_or_set_clock_delays_no_retry() {
    for code in ["() => 1e12", "() => Date.realNow() - 3600000"] {
        let script = Script::of(&[r#"{"status": 503}"#, OPEN]).await;
        let mut source = script.source().open().expect("a source");
        assert!(source.next().now_or_never().is_none());
        let _clock = Replaced::with("Date", code);
        next(&mut source).await;
    }
}

#[wasm_bindgen_test]
async fn a_frozen_clock_stops_no_timeout() {
    let _date = Replaced::with("Date", "() => 1e12");
    let _performance = Replaced::with("performance", "() => 1000");
    let script = Script::of(&[OPEN, OPEN]).await;
    let timeout = HeartbeatTimeout::After(Duration::from_millis(400));
    let source = script.source().heartbeat_timeout(timeout);
    let mut source = source.open().expect("a source");
    next(&mut source).await;
    next(&mut source).await;
}

#[wasm_bindgen_test]
async fn a_clock_that_is_set_forward_ends_no_stream() {
    const BEATS: &str = r#"{"steps": [{"repeat": {"n": 20, "of": [{"text": ":\n\n"}, {"sleep_ms": 100}]}}, {"text": "data: end\n\n"}, {"hang": true}]}"#;
    let script = Script::of(&[BEATS]).await;
    let timeout = HeartbeatTimeout::After(Duration::from_millis(1000));
    let source = script.source().heartbeat_timeout(timeout);
    let mut source = source.open().expect("a source");
    assert!(source.next().now_or_never().is_none());
    TimeoutFuture::new(500).await;
    let _clock = Replaced::with("Date", "() => Date.realNow() + 3600000");
    assert_eq!(next(&mut source).await.data, "end");
    script.exactly(1).await;
}
