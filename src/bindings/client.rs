//! What the JavaScript class gives: settings to read once, and methods to call.

use alloc::string::String;
use core::time::Duration;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::Response;

use crate::browser::{Auth, Options};
use crate::connection::{HeartbeatTimeout, Jitter, RedirectPolicy, Retry, RetryOn};

#[wasm_bindgen]
extern "C" {
    /// The JavaScript half of a source. Times are milliseconds.
    pub type Client;

    /// One of [`Number`].
    #[wasm_bindgen(method, js_name = number)]
    fn number_at(this: &Client, index: u32) -> f64;
    /// One of [`Text`].
    #[wasm_bindgen(method, js_name = text)]
    fn text_at(this: &Client, index: u32) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn fetch(this: &Client) -> Option<Function>;

    /// The request of an attempt, a promise of a fresh `RequestInit` with the caller's method, headers, body.
    #[wasm_bindgen(method)]
    pub fn request(this: &Client, attempt: u32, cause: &str) -> Promise;
    /// A promise of a [`GivenToken`].
    #[wasm_bindgen(method)]
    pub fn token(this: &Client, attempt: u32, cause: &str) -> Promise;
    #[wasm_bindgen(method)]
    pub fn refresh(this: &Client) -> Promise;

    #[wasm_bindgen(method)]
    pub fn opened(this: &Client, response: &Response, is_resumed: bool);
    /// What the stream has set it to.
    #[wasm_bindgen(method, js_name = setReconnectionTime)]
    pub fn set_reconnection_time(this: &Client, time: f64);
    /// So many bytes of the stream came.
    #[wasm_bindgen(method)]
    pub fn received(this: &Client, bytes: u32);
    /// Reads a [`Batch`](super::batch::Batch) and dispatches its events, until a listener closes
    /// or reconnects.
    #[wasm_bindgen(method)]
    pub fn dispatch(this: &Client, table: usize);
    /// A promise while no more events are wanted.
    #[wasm_bindgen(method)]
    pub fn ready(this: &Client) -> Option<Promise>;
    /// A promise of a task of its own.
    #[wasm_bindgen(method, js_name = nextTask)]
    pub fn next_task(this: &Client) -> Promise;
    /// The error object of a failure.
    #[wasm_bindgen(method)]
    pub fn error(
        this: &Client,
        reason: &str,
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

/// The settings that are numbers, in the order of `NUMBERS` in client.js. A flag is 0 or 1. Read
/// by number, since each getter of its own would be an import of its own.
#[derive(Clone, Copy)]
pub(super) enum Number {
    HasHeaders,
    HasAuth,
    CanRefresh,
    RenewBefore,
    IsGet,
    IsFetchable,
    MayProbe,
    ConnectTimeout,
    /// 0: automatic; infinite: never.
    HeartbeatTimeout,
    OpenWhenHidden,
    MaxEventSize,
    FollowsRedirects,
    IsSpec,
    InitialDelay,
    MaxDelay,
    Multiplier,
    HasJitter,
    MaxRetries,
    ResetAfter,
    /// 0: always; 1: after an error; 2: never.
    RetryOn,
}

/// The settings that are texts, in the order of `TEXTS` in client.js.
#[derive(Clone, Copy)]
pub(super) enum Text {
    Url,
    /// Where to start; then, that of the last event that was delivered.
    LastEventId,
    LastEventIdParam,
    Scheme,
    Header,
}

impl Client {
    // One copy each: they are called from many places.
    #[inline(never)]
    pub(super) fn number(&self, number: Number) -> f64 {
        self.number_at(number as u32)
    }

    pub(super) fn is(&self, flag: Number) -> bool {
        self.number(flag) != 0.0
    }

    #[inline(never)]
    fn time(&self, number: Number) -> Duration {
        time(self.number(number))
    }

    #[inline(never)]
    pub(super) fn text(&self, text: Text) -> String {
        self.text_at(text as u32).unwrap_or_default()
    }

    /// Fills in what the class has read and checked.
    pub(super) fn configure(&self, options: &mut Options, auth: Auth) {
        options.has_headers = self.is(Number::HasHeaders);
        options.auth = self.is(Number::HasAuth).then(|| {
            auth.scheme(self.text(Text::Scheme))
                .header(self.text(Text::Header))
                .renew_before(self.time(Number::RenewBefore))
        });
        options.fetch = self.fetch();
        options.last_event_id = self.text(Text::LastEventId);
        options.last_event_id_param = self.text_at(Text::LastEventIdParam as u32);
        options.is_get = self.is(Number::IsGet);
        options.is_fetchable = self.is(Number::IsFetchable);
        options.may_probe = self.is(Number::MayProbe);
        options.connect_timeout = self.time(Number::ConnectTimeout);
        options.heartbeat_timeout = heartbeat(self.number(Number::HeartbeatTimeout));
        options.opens_when_hidden = self.is(Number::OpenWhenHidden);
        options.max_event_size = self.number(Number::MaxEventSize) as usize;
        options.retry = self.retry();
        if self.is(Number::FollowsRedirects) {
            options.redirect_policy = RedirectPolicy::Follow;
        }
    }

    fn retry(&self) -> Retry {
        let is_spec = self.is(Number::IsSpec);
        let mut retry = if is_spec {
            Retry::spec()
        } else {
            Retry::default()
        };
        retry.initial_delay = self.time(Number::InitialDelay);
        retry.on = match self.number(Number::RetryOn) {
            0.0 => RetryOn::Always,
            1.0 => RetryOn::Error,
            _ => RetryOn::Never,
        };
        if !is_spec {
            retry.max_delay = self.time(Number::MaxDelay);
            retry.multiplier = self.number(Number::Multiplier).max(1.0);
            retry.max_retries = self.number(Number::MaxRetries) as u32;
            retry.reset_after = self.time(Number::ResetAfter);
            if !self.is(Number::HasJitter) {
                retry.jitter = Jitter::None;
            }
        }
        retry
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
#[inline(never)]
pub(super) fn time(milliseconds: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86_400_000.0;
    Duration::from_millis(milliseconds.clamp(0.0, YEAR) as u64)
}

/// A time in milliseconds. By way of 64 bits: the 128 of `as_millis` are much code.
pub(super) fn milliseconds(time: Duration) -> f64 {
    let whole = time.as_secs().saturating_mul(1000);
    whole.saturating_add(u64::from(time.subsec_millis())) as f64
}
