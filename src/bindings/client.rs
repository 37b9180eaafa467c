//! What the JavaScript class gives: settings to read once, and methods to call.

use alloc::string::String;
use core::time::Duration;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{RequestInit, Response};

use crate::browser::{Auth, Options};
use crate::connection::{HeartbeatTimeout, Jitter, RedirectPolicy, Retry, RetryOn};

#[wasm_bindgen]
extern "C" {
    /// The JavaScript half of a source. Times are milliseconds.
    pub type Client;

    #[wasm_bindgen(method, getter)]
    pub fn url(this: &Client) -> String;
    #[wasm_bindgen(method, getter, js_name = hasHeaders)]
    fn has_headers(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = hasAuth)]
    fn has_auth(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = canRefresh)]
    pub fn can_refresh(this: &Client) -> bool;
    #[wasm_bindgen(method, getter)]
    fn scheme(this: &Client) -> String;
    #[wasm_bindgen(method, getter)]
    fn header(this: &Client) -> String;
    #[wasm_bindgen(method, getter, js_name = renewBefore)]
    fn renew_before(this: &Client) -> f64;
    #[wasm_bindgen(method, getter)]
    fn fetch(this: &Client) -> Option<Function>;
    /// Where to start; then, that of the last event that was delivered.
    #[wasm_bindgen(method, getter, js_name = lastEventId)]
    pub fn last_event_id(this: &Client) -> String;
    #[wasm_bindgen(method, getter, js_name = lastEventIdParam)]
    fn last_event_id_param(this: &Client) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = isGet)]
    fn is_get(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = connectTimeout)]
    fn connect_timeout(this: &Client) -> f64;
    /// 0: automatic; infinite: never.
    #[wasm_bindgen(method, getter, js_name = heartbeatTimeout)]
    fn heartbeat_timeout(this: &Client) -> f64;
    #[wasm_bindgen(method, getter, js_name = openWhenHidden)]
    fn open_when_hidden(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = maxEventSize)]
    pub fn max_event_size(this: &Client) -> f64;
    #[wasm_bindgen(method, getter, js_name = followsRedirects)]
    fn follows_redirects(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = isSpec)]
    fn is_spec(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = initialDelay)]
    fn initial_delay(this: &Client) -> f64;
    #[wasm_bindgen(method, getter, js_name = maxDelay)]
    fn max_delay(this: &Client) -> f64;
    #[wasm_bindgen(method, getter)]
    fn multiplier(this: &Client) -> f64;
    #[wasm_bindgen(method, getter, js_name = hasJitter)]
    fn has_jitter(this: &Client) -> bool;
    #[wasm_bindgen(method, getter, js_name = maxRetries)]
    fn max_retries(this: &Client) -> f64;
    #[wasm_bindgen(method, getter, js_name = resetAfter)]
    fn reset_after(this: &Client) -> f64;
    /// 0: always; 1: after an error; 2: never.
    #[wasm_bindgen(method, getter, js_name = retryOn)]
    fn retry_on(this: &Client) -> u32;

    /// The request of an attempt: a fresh `RequestInit` with the caller's method, headers, body.
    #[wasm_bindgen(method)]
    pub fn request(this: &Client, attempt: u32, cause: &str) -> Promise<RequestInit>;
    /// `{ token, expiresAt }`.
    #[wasm_bindgen(method)]
    pub fn token(this: &Client, attempt: u32, cause: &str) -> Promise<GivenToken>;
    #[wasm_bindgen(method)]
    pub fn refresh(this: &Client) -> Promise;

    #[wasm_bindgen(method)]
    pub fn opened(this: &Client, response: &Response, is_resumed: bool);
    /// Reads a batch and dispatches its events, until a listener closes or reconnects.
    #[wasm_bindgen(method)]
    pub fn dispatch(
        this: &Client,
        records: usize,
        records_len: usize,
        text: usize,
        text_len: usize,
        data_start: usize,
        data_end: usize,
    );
    /// A promise while no more events are wanted.
    #[wasm_bindgen(method)]
    pub fn ready(this: &Client) -> Option<Promise>;
    /// The error object of a failure.
    #[wasm_bindgen(method)]
    pub fn error(
        this: &Client,
        reason: &str,
        code: &str,
        message: &str,
        status: Option<u16>,
        cause: &JsValue,
        response: Option<Response>,
    ) -> JsValue;
    /// `true`, `false`, a wait, or `undefined`.
    #[wasm_bindgen(method)]
    pub fn verdict(this: &Client, error: &JsValue) -> JsValue;
    /// `retry_in` is negative where nothing is retried.
    #[wasm_bindgen(method)]
    pub fn failed(this: &Client, error: &JsValue, retry_in: f64, attempt: u32, is_end: bool);
    #[wasm_bindgen(method)]
    pub fn reconnecting(this: &Client, cause: &str);

    /// What the class made of the caller's token.
    pub type GivenToken;
    #[wasm_bindgen(method, getter)]
    pub fn token(this: &GivenToken) -> String;
    #[wasm_bindgen(method, getter, js_name = expiresAt)]
    pub fn expires_at(this: &GivenToken) -> Option<f64>;
}

impl Client {
    /// Fills in what the class has read and checked.
    pub(super) fn configure(&self, options: &mut Options, auth: Auth) {
        options.has_headers = self.has_headers();
        options.auth = self.has_auth().then(|| {
            auth.scheme(self.scheme())
                .header(self.header())
                .renew_before(time(self.renew_before()))
        });
        options.fetch = self.fetch();
        options.last_event_id = self.last_event_id();
        options.last_event_id_param = self.last_event_id_param();
        options.is_get = self.is_get();
        options.connect_timeout = time(self.connect_timeout());
        options.heartbeat_timeout = heartbeat(self.heartbeat_timeout());
        options.opens_when_hidden = self.open_when_hidden();
        options.max_event_size = self.max_event_size() as usize;
        options.retry = self.retry();
        if self.follows_redirects() {
            options.redirect_policy = RedirectPolicy::Follow;
        }
    }

    fn retry(&self) -> Retry {
        let retry = if self.is_spec() {
            Retry::spec()
        } else {
            Retry::default()
        };
        let retry = retry
            .initial_delay(time(self.initial_delay()))
            .on(match self.retry_on() {
                0 => RetryOn::Always,
                1 => RetryOn::Error,
                _ => RetryOn::Never,
            });
        if self.is_spec() {
            return retry;
        }
        retry
            .max_delay(time(self.max_delay()))
            .multiplier(self.multiplier())
            .jitter(if self.has_jitter() {
                Jitter::Full
            } else {
                Jitter::None
            })
            .max_retries(self.max_retries() as u32)
            .reset_after(time(self.reset_after()))
    }
}

fn heartbeat(milliseconds: f64) -> HeartbeatTimeout {
    match milliseconds {
        0.0 => HeartbeatTimeout::Auto,
        finite if finite.is_finite() => HeartbeatTimeout::After(time(finite)),
        _ => HeartbeatTimeout::Never,
    }
}

/// Milliseconds as a time; what is longer than a year is a year, so that no sum overflows.
pub(super) fn time(milliseconds: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86_400_000.0;
    Duration::from_millis(milliseconds.clamp(0.0, YEAR) as u64)
}
