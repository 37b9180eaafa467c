//! The lifecycle of a source, for the loop in JavaScript.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::event_table::HAS_EVENT;
use super::settings::{Settings, milliseconds, moment, time};
use crate::connection::{
    self, Cause, Decision, Failure, Interrupt, Millis, Origin, Pace, Reason, RedirectGuard,
    RequestKind, ResponseHead, RetryOverride, Step, header_value, retry_after,
};
use crate::event_stream::digits;

/// The [`connection::Lifecycle`] of one source, for the loop in JavaScript. It calls no JavaScript,
/// so that no call finds it borrowed. Moments are milliseconds since 1970, waits are milliseconds.
#[wasm_bindgen(js_name = Core)]
pub struct Lifecycle {
    lifecycle: connection::Lifecycle,
    pace: Pace,
    /// The cause of the latest step that had one.
    cause: Cause,
    /// `Content-Type`, `Retry-After` and `SSE-Heartbeat` of the response, in the order of `HEADERS`
    /// in JavaScript.
    headers: [String; 3],
}

#[wasm_bindgen(js_class = Core)]
impl Lifecycle {
    /// `settings` are in the order of `Number` in settings.rs.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &[f64]) -> Lifecycle {
        Lifecycle {
            lifecycle: connection::Lifecycle::new(Settings(settings).policy(), String::new()),
            pace: Pace::START,
            cause: Cause::Start,
            headers: Default::default(),
        }
    }

    /// Sets a header of the response by its number, empty if the response does not have it. Any
    /// other number sets the last event ID, which is the ID of the last delivered event.
    #[wasm_bindgen(js_name = take)]
    pub fn set_text(&mut self, number: usize, value: String) {
        match self.headers.get_mut(number) {
            Some(header) => *header = value,
            None => self.lifecycle.retry_state_mut().set_last_event_id(&value),
        }
    }

    /// Returns the next action as its index in `#steps` in JavaScript.
    pub fn step(&mut self, now: f64) -> u32 {
        let step = self.lifecycle.step(moment(now));
        if let Step::Prepare(cause) | Step::Restart(cause) = step {
            self.cause = cause;
        }
        match step {
            Step::Prepare(_) => 0,
            Step::Fetch(RequestKind::Request) => 1,
            Step::Fetch(RequestKind::FindRedirect) => 2,
            Step::Fetch(RequestKind::Probe) => 3,
            Step::Fetch(RequestKind::RequestAgain) => 4,
            Step::Open => 5,
            Step::Read => 6,
            Step::Decide => 7,
            Step::Restart(_) => 8,
            Step::Wait => 9,
            Step::Stop => 10,
        }
    }

    /// Returns whether an interrupt or the clock ends the current action.
    pub fn check(&mut self, now: f64) -> bool {
        self.lifecycle.check(moment(now))
    }

    /// Returns the time until the next [`check`](Self::check) if no interrupt comes before, or
    /// infinity.
    pub fn wait(&self, now: f64) -> f64 {
        let left = |deadline| milliseconds(deadline) - now;
        self.lifecycle.deadline().map_or(f64::INFINITY, left)
    }

    /// Records what happened, by one of the numbers below.
    pub fn signal(&mut self, signal: u32, now: f64) {
        let lifecycle = &mut self.lifecycle;
        match signal {
            CLOSE => lifecycle.close(),
            RECONNECT => lifecycle.interrupt(Interrupt::Reconnect),
            RESET => lifecycle.retry_state_mut().reset(),
            WAKE => lifecycle.interrupt(Interrupt::Wake),
            SUSPEND => lifecycle.set_suspended(true),
            RESUME => lifecycle.set_suspended(false),
            PREPARED => lifecycle.prepared(moment(now)),
            UNANSWERED => lifecycle.unanswered(),
            NOT_PREPARED => lifecycle.fail(Reason::Auth),
            NOT_LEGAL => lifecycle.fail(Reason::Request),
            BROKEN => lifecycle.fail(Reason::Network),
            ENDED => lifecycle.fail(Reason::End),
            TOO_LARGE => lifecycle.fail(Reason::TooLarge),
            _ => {}
        }
    }

    /// Returns how to send the request that is being prepared: 1 for the mode `same-origin`, 2 for
    /// the redirect mode `manual`, 0 for neither. `origin` is 0 if there is no page, 1 if the URL
    /// has the page's own origin, and 2 if it has another.
    pub fn guard(&mut self, origin: u32, has_secrets: bool) -> u32 {
        let origin = match origin {
            0 => Origin::None,
            1 => Origin::Same,
            _ => Origin::Other,
        };
        match self.lifecycle.guard(origin, has_secrets) {
            RedirectGuard::None => 0,
            RedirectGuard::SameOriginMode => 1,
            RedirectGuard::Manual => 2,
        }
    }

    /// Records a response, whose headers were set before. `retry_at` is its `Retry-After` parsed as a
    /// date.
    pub fn responded(&mut self, status: u16, is_opaque_redirect: bool, retry_at: f64, now: f64) {
        let [content_type, wait, _] = &self.headers;
        self.lifecycle.responded(&ResponseHead {
            status,
            is_opaque_redirect,
            content_type: Some(content_type),
            retry_after: retry_after(wait, now, |_| retry_at),
        });
    }

    /// Records that the stream is open, and returns whether it was open before. `expires_at` is the
    /// expiry of the token, NaN if unknown. `is_same_token` if the stream before had the same token.
    pub fn announce(&mut self, now: f64, expires_at: f64, is_same_token: bool) -> bool {
        let [.., heartbeat] = &self.headers;
        let heartbeat_interval = digits(heartbeat.as_bytes()).map(Millis::from_secs);
        let expires_at = (!expires_at.is_nan()).then(|| moment(expires_at));
        self.lifecycle
            .announce(moment(now), heartbeat_interval, expires_at, is_same_token)
    }

    /// Applies a `retry` field of the stream, and returns the resulting reconnection time.
    #[wasm_bindgen(js_name = setReconnectionTime)]
    pub fn set_reconnection_time(&mut self, milliseconds_given: f64) -> f64 {
        let retry_state = self.lifecycle.retry_state_mut();
        retry_state.set_reconnection_time(moment(milliseconds_given));
        milliseconds(retry_state.reconnection_time())
    }

    /// Records that a slice of `len` bytes was delivered in `took` milliseconds, and returns whether
    /// to yield to other tasks. `flags` are the flags of its [table](super::event_table::EventTable).
    pub fn delivered(&mut self, flags: u32, len: u32, took: f64) -> bool {
        if flags & HAS_EVENT != 0 {
            self.lifecycle.retry_state_mut().on_event();
        }
        let (pace, should_yield) = self.pace.after(len, took as u32);
        self.pace = pace;
        should_yield
    }

    /// Records a chunk, which is delivered by `now`.
    #[wasm_bindgen(js_name = sign)]
    pub fn on_bytes(&mut self, arrived: f64, now: f64, has_comment: bool) {
        self.lifecycle
            .on_bytes(moment(arrived), moment(now), has_comment);
    }

    /// Decides what follows the failure, and returns the wait, or −1 if the source does not wait.
    /// `verdict` is a wait, −1 to retry, −2 to stop, or NaN if the caller has no verdict.
    #[wasm_bindgen(js_name = judge)]
    pub fn decide(&mut self, verdict: f64, now: f64, random: f64) -> f64 {
        let verdict = match verdict {
            -1.0 => Some(RetryOverride::Retry(None)),
            -2.0 => Some(RetryOverride::Stop),
            wait if !wait.is_nan() => Some(RetryOverride::Retry(Some(time(wait)))),
            _ => None,
        };
        match self.lifecycle.decide(verdict, moment(now), random) {
            Decision::Wait(wait) => milliseconds(wait),
            _ => -1.0,
        }
    }

    /// Returns a number of the list below. A getter for each would be an export for each.
    pub fn number(&self, number: u32) -> f64 {
        let failure = self.lifecycle.failure();
        f64::from(match number {
            ATTEMPT => self.lifecycle.attempt(),
            SLICE => self.pace.slice,
            MUST_STOP_READING => self.lifecycle.must_stop_reading().into(),
            IS_END => failure.is_some_and(Failure::is_ordinary_end).into(),
            STATUS => failure
                .and_then(|failure| failure.status)
                .unwrap_or(0)
                .into(),
            _ => 0,
        })
    }

    /// Returns a text of the list below.
    pub fn text(&self, text: u32) -> String {
        match (text, self.lifecycle.failure()) {
            (CAUSE, _) => self.cause.as_str().into(),
            (ID_HEADER, _) => header_value(self.lifecycle.retry_state().last_event_id()),
            (REASON, Some(failure)) => failure.reason.as_str().into(),
            (MESSAGE, Some(failure)) => failure.message(),
            _ => String::new(),
        }
    }
}

// The numbers of `signal`.

/// Close the source forever.
const CLOSE: u32 = 0;
/// Connect again without a wait, with the same last event ID.
const RECONNECT: u32 = 1;
/// Clear the last event ID and the reconnection time.
const RESET: u32 = 2;
/// The network or the page came back.
const WAKE: u32 = 3;
/// The page was hidden, or enters the back/forward cache.
const SUSPEND: u32 = 4;
/// The page is shown.
const RESUME: u32 = 5;
/// The request is ready.
const PREPARED: u32 = 6;
/// A provider failed.
const NOT_PREPARED: u32 = 7;
/// The request could not be built.
const NOT_LEGAL: u32 = 8;
/// The request got no response.
const UNANSWERED: u32 = 9;
/// The stream broke off.
const BROKEN: u32 = 10;
/// The stream ended.
const ENDED: u32 = 11;
/// An event was larger than the limit.
const TOO_LARGE: u32 = 12;

// The numbers of `number`.

const ATTEMPT: u32 = 0;
/// The size of the next slice in bytes.
const SLICE: u32 = 1;
const MUST_STOP_READING: u32 = 2;
const IS_END: u32 = 3;
/// The status of the failure, 0 if it has none.
const STATUS: u32 = 4;

// The numbers of `text`.

const CAUSE: u32 = 0;
/// The value of the header `Last-Event-ID`.
const ID_HEADER: u32 = 1;
const REASON: u32 = 2;
const MESSAGE: u32 = 3;
