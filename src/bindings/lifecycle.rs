//! The lifecycle of a source, for the loop in JavaScript.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::protocol::*;
use super::settings::{Settings, milliseconds, moment, within_a_year};
use crate::connection::{
    self, Cause, Clock, Decision, Detail, Failure, Interrupt, Millis, Origin, Pace, Reason,
    RedirectGuard, RequestKind, ResponseFacts, RetryOverride, Step, TokenLife, header_value,
    is_nonce_challenge, retry_after,
};
use crate::event_stream::digits;

/// The [`connection::Lifecycle`] of one source, for the loop in JavaScript. It calls no JavaScript,
/// so that no call finds it borrowed. All times are milliseconds. Moments are times of the
/// [`Clock`], except for those called `unix`.
#[wasm_bindgen(js_name = Core)]
pub struct Lifecycle {
    lifecycle: connection::Lifecycle,
    clock: Clock,
    pace: Pace,
    /// The cause of the latest step that had one.
    cause: Cause,
    /// The headers of the response, in the order of [`RESPONSE_HEADERS`].
    headers: [String; RESPONSE_HEADERS.len()],
}

#[wasm_bindgen(js_class = Core)]
impl Lifecycle {
    /// `settings` are in the order of [`SETTINGS`].
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &[f64]) -> Lifecycle {
        Lifecycle {
            lifecycle: connection::Lifecycle::new(Settings(settings).policy(), String::new()),
            clock: Clock::default(),
            pace: Pace::START,
            cause: Cause::Start,
            headers: Default::default(),
        }
    }

    /// Sets a header of the response by its index in [`RESPONSE_HEADERS`], empty if the response
    /// does not have it.
    #[wasm_bindgen(js_name = setHeader)]
    pub fn set_header(&mut self, number: u32, value: String) {
        match self.headers.get_mut(number as usize) {
            Some(header) => *header = value,
            None => unknown(number),
        }
    }

    /// Sets the last event ID string: the ID of the last delivered event.
    #[wasm_bindgen(js_name = setLastEventId)]
    pub fn set_last_event_id(&mut self, value: String) {
        self.lifecycle.retry_state_mut().set_last_event_id(&value);
    }

    /// Reads both clocks, and returns the time of the source.
    pub fn now(&mut self, monotonic: f64, unix: f64) -> f64 {
        let (now, has_jumped) = self.clock.read(moment(monotonic), moment(unix));
        if has_jumped {
            self.lifecycle.on_clock_jump(now);
        }
        milliseconds(now)
    }

    /// Returns the next step.
    pub fn step(&mut self, now: f64) -> u32 {
        let step = self.lifecycle.step(moment(now));
        if let Step::Prepare(cause) | Step::Restart(cause) = step {
            self.cause = cause;
        }
        match step {
            Step::Prepare(_) => STEP_PREPARE,
            Step::Fetch(RequestKind::Request) => STEP_REQUEST,
            Step::Fetch(RequestKind::FindRedirect) => STEP_FIND_REDIRECT,
            Step::Fetch(RequestKind::Probe) => STEP_PROBE,
            Step::Fetch(RequestKind::RequestAgain) => STEP_REQUEST_AGAIN,
            Step::Open => STEP_OPEN,
            Step::Read => STEP_READ,
            Step::Decide => STEP_DECIDE,
            Step::Restart(_) => STEP_RESTART,
            Step::Wait => STEP_WAIT,
            Step::Stop => STEP_STOP,
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

    /// Records what happened, or what the caller wants.
    pub fn signal(&mut self, signal: u32, now: f64) {
        let lifecycle = &mut self.lifecycle;
        match signal {
            CLOSE => lifecycle.close(),
            RECONNECT => lifecycle.interrupt(Interrupt::Reconnect),
            WAKE => lifecycle.interrupt(Interrupt::Wake),
            SUSPEND => lifecycle.set_suspended(true),
            RESUME => lifecycle.set_suspended(false),
            PREPARED => lifecycle.prepared(moment(now)),
            NO_RESPONSE => lifecycle.unanswered(),
            PROVIDER_FAILED => lifecycle.fail(Reason::Auth),
            ILLEGAL_REQUEST => lifecycle.fail(Reason::Request),
            BROKEN => lifecycle.fail(Reason::Network),
            ENDED => lifecycle.fail(Reason::End),
            TOO_LARGE => lifecycle.fail(Reason::TooLarge),
            PROVIDER_CALL => lifecycle.on_provider_call(moment(now)),
            REFRESH => lifecycle.on_refresh(),
            REFRESH_REFUSED => lifecycle.refresh_refused(),
            TIMER => self.clock.on_timer(moment(now)),
            DELIVERY => lifecycle.on_delivery(),
            _ => unknown(signal),
        }
    }

    /// Returns how to send the request that is being prepared (`GUARD_…`). `origin` is the origin of
    /// its URL (`ORIGIN_…`).
    pub fn guard(&mut self, origin: u32, has_secrets: bool) -> u32 {
        let origin = match origin {
            ORIGIN_NONE => Origin::None,
            ORIGIN_SAME => Origin::Same,
            ORIGIN_OTHER => Origin::Other,
            _ => unknown(origin),
        };
        match self.lifecycle.guard(origin, has_secrets) {
            RedirectGuard::None => GUARD_NONE,
            RedirectGuard::SameOriginMode => GUARD_SAME_ORIGIN_MODE,
            RedirectGuard::Manual => GUARD_MANUAL,
        }
    }

    /// Sets the token of the request that is being prepared, with its times. NaN is unknown.
    /// `is_new` if the request before had another token.
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&mut self, expires_at: f64, issued_at: f64, is_new: bool, unix: f64) {
        let known = |time: f64| (!time.is_nan()).then(|| moment(time));
        let life = known(expires_at).map(|expires_at| TokenLife {
            expires_at,
            issued_at: known(issued_at),
        });
        self.lifecycle.set_token(life, is_new, moment(unix));
    }

    /// Records a response, whose headers were set before. `retry_in` is the wait until the date in
    /// its `Retry-After`, NaN if there is none. `is_rejection` if it rejects the credentials.
    pub fn responded(
        &mut self,
        status: u16,
        is_opaque_redirect: bool,
        retry_in: f64,
        is_rejection: bool,
    ) {
        let [content_type, wait, _, challenge] = &self.headers;
        self.lifecycle.responded(&ResponseFacts {
            status,
            is_opaque_redirect,
            content_type: Some(content_type),
            // `retry_in` is a wait already, and not a date: the present is 0.
            retry_after: retry_after(wait, 0.0, |_| retry_in),
            is_rejection,
            is_nonce_challenge: is_nonce_challenge(challenge),
        });
    }

    /// Records that the stream is open, and returns whether it was open before.
    pub fn announce(&mut self, now: f64, unix: f64) -> bool {
        let [.., heartbeat, _] = &self.headers;
        let heartbeat_interval = digits(heartbeat.as_bytes()).map(Millis::from_secs);
        self.lifecycle
            .announce(moment(now), moment(unix), heartbeat_interval)
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

    /// Records a chunk, which is delivered by `now`. `is_comment` if it begins with a comment.
    #[wasm_bindgen(js_name = onBytes)]
    pub fn on_bytes(&mut self, arrived: f64, now: f64, is_comment: bool) {
        self.lifecycle
            .on_bytes(moment(arrived), moment(now), is_comment);
    }

    /// Decides what follows the failure, and returns the wait, or −1 if the source does not wait.
    /// `verdict` is a wait, `VERDICT_…`, or NaN if the caller has no verdict.
    pub fn decide(&mut self, verdict: f64, now: f64, random: f64) -> f64 {
        let verdict = match verdict {
            VERDICT_RETRY => Some(RetryOverride::Retry(None)),
            VERDICT_STOP => Some(RetryOverride::Stop),
            wait if !wait.is_nan() => Some(RetryOverride::Retry(Some(within_a_year(wait)))),
            _ => None,
        };
        match self.lifecycle.decide(verdict, moment(now), random) {
            Decision::Wait(wait) => milliseconds(wait),
            _ => -1.0,
        }
    }

    /// Returns a number. A getter for each would be an export for each.
    pub fn number(&self, number: u32) -> f64 {
        let failure = self.lifecycle.failure();
        f64::from(match number {
            ATTEMPT => self.lifecycle.attempt(),
            SLICE => self.pace.slice,
            IS_RESTARTING => self.lifecycle.must_stop_reading().into(),
            IS_END => failure.is_some_and(Failure::is_ordinary_end).into(),
            STATUS => failure
                .and_then(|failure| failure.status)
                .unwrap_or(0)
                .into(),
            DETAIL => failure.map_or(DETAIL_NONE, detail),
            SILENCE => failure.map_or(0, silence),
            _ => unknown(number),
        })
    }

    /// Returns a text, which is empty if there is no failure to describe.
    pub fn text(&self, text: u32) -> String {
        match (text, self.lifecycle.failure()) {
            (CAUSE, _) => self.cause.as_str().into(),
            (ID_HEADER, _) => header_value(self.lifecycle.retry_state().last_event_id()),
            (REASON, Some(failure)) => failure.reason.as_str().into(),
            (REASON, None) => String::new(),
            _ => unknown(text),
        }
    }
}

fn detail(failure: &Failure) -> u32 {
    match failure.detail {
        None => DETAIL_NONE,
        Some(Detail::ResumeRefused) => DETAIL_RESUME_REFUSED,
        Some(Detail::IdNotSendable) => DETAIL_ID_NOT_SENDABLE,
        Some(Detail::IdTooLong) => DETAIL_ID_TOO_LONG,
        Some(Detail::MixedContent) => DETAIL_MIXED_CONTENT,
        Some(Detail::CorsUnknown) => DETAIL_CORS_UNKNOWN,
    }
}

/// Whole seconds, at most a year.
fn silence(failure: &Failure) -> u32 {
    failure.silence.get().div_ceil(1000) as u32
}

/// Ends with a trap, which JavaScript receives as an exception. A number that was ignored would hide
/// that the two halves have different versions. The trap has no message, because the code that
/// formats messages is larger than this module's other code.
#[cold]
fn unknown(_number: u32) -> ! {
    unreachable!()
}
