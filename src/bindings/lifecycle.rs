use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::event_table::HAS_EVENT;
use super::settings::{Settings, milliseconds, moment, time};
use crate::connection::{
    Cause, Decision, Failure, Interrupt, Lifecycle, Origin, Pace, Reason, RedirectGuard,
    RequestKind, ResponseHead, Step, Verdict, header_value, retry_after,
};
use crate::duration::Duration;
use crate::event_stream::digits;

/// The decisions of a source. It calls nothing of JavaScript's, so that no call of it can meet
/// another. Moments are milliseconds since 1970, waits are milliseconds.
#[wasm_bindgen]
pub struct Core {
    life: Lifecycle,
    pace: Pace,
    /// That of the latest step which had one.
    cause: Cause,
    /// Those of the response that count, in the order of `HEADERS` in driver.js.
    headers: [String; 3],
}

#[wasm_bindgen]
impl Core {
    /// `settings` are in the order of `Number` in settings.rs.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &[f64]) -> Core {
        Core {
            life: Lifecycle::new(Settings(settings).policy(), String::new()),
            pace: Pace::START,
            cause: Cause::Start,
            headers: Default::default(),
        }
    }

    /// Takes a text: by number a header of the response, empty if it has none; else the last event
    /// ID, that of the last event that was delivered.
    pub fn take(&mut self, text: usize, value: String) {
        match self.headers.get_mut(text) {
            Some(header) => *header = value,
            None => self.life.retry_state_mut().set_last_event_id(&value),
        }
    }

    /// What to do next: its place in `#steps` of driver.js.
    pub fn step(&mut self, now: f64) -> u32 {
        let step = self.life.step(moment(now));
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

    /// Whether what is under way is to be left.
    pub fn check(&mut self, now: f64) -> bool {
        self.life.check(moment(now))
    }

    /// How long until there is something to [check](Self::check) in any case; infinite if nothing.
    pub fn wait(&self, now: f64) -> f64 {
        let left = |deadline| milliseconds(deadline) - now;
        self.life.deadline().map_or(f64::INFINITY, left)
    }

    /// Says what happened.
    pub fn signal(&mut self, signal: u32, now: f64) {
        let life = &mut self.life;
        match signal {
            CLOSE => life.close(),
            RECONNECT => life.interrupt(Interrupt::Reconnect),
            RESET => life.retry_state_mut().reset(),
            WAKE => life.interrupt(Interrupt::Wake),
            SUSPEND => life.set_suspended(true),
            RESUME => life.set_suspended(false),
            PREPARED => life.prepared(moment(now)),
            UNANSWERED => life.unanswered(),
            NOT_PREPARED => life.fail(Reason::Auth),
            NOT_LEGAL => life.fail(Reason::Request),
            BROKEN => life.fail(Reason::Network),
            ENDED => life.fail(Reason::End),
            TOO_LARGE => life.fail(Reason::TooLarge),
            _ => {}
        }
    }

    /// Returns how to send the request that is being prepared: 1 for the mode `same-origin`, 2 for
    /// the redirect mode `manual`. `origin`: where its URL leads, 0 where there is no page, 1 to the
    /// origin of the page, 2 to another.
    pub fn guard(&mut self, origin: u32, has_secrets: bool) -> u32 {
        let origin = match origin {
            0 => Origin::None,
            1 => Origin::Same,
            _ => Origin::Other,
        };
        match self.life.guard(origin, has_secrets) {
            RedirectGuard::None => 0,
            RedirectGuard::SameOriginMode => 1,
            RedirectGuard::Manual => 2,
        }
    }

    /// A response came, whose headers were taken. `retry_at`: its `Retry-After` read as a date.
    pub fn responded(&mut self, status: u16, is_opaque_redirect: bool, retry_at: f64, now: f64) {
        let [content_type, wait, _] = &self.headers;
        self.life.responded(&ResponseHead {
            status,
            is_opaque_redirect,
            content_type: Some(content_type),
            retry_after: retry_after(wait, now, |_| retry_at),
        });
    }

    /// The stream is open; whether it was before. `expires_at`: when the token does, not a number
    /// if nobody knows; `is_same_token`: it is that of the stream before.
    pub fn announce(&mut self, now: f64, expires_at: f64, is_same_token: bool) -> bool {
        let [.., rhythm] = &self.headers;
        let rhythm = digits(rhythm.as_bytes()).map(Duration::from_secs);
        let expires_at = (!expires_at.is_nan()).then(|| moment(expires_at));
        self.life
            .announce(moment(now), rhythm, expires_at, is_same_token)
    }

    /// The stream has set the reconnection time; what it is now.
    #[wasm_bindgen(js_name = setReconnectionTime)]
    pub fn set_reconnection_time(&mut self, milliseconds_given: f64) -> f64 {
        let connection = self.life.retry_state_mut();
        connection.set_reconnection_time(moment(milliseconds_given));
        milliseconds(connection.reconnection_time())
    }

    /// A slice of so many bytes was delivered, which took so many milliseconds; `flags` are those of
    /// its [table](super::event_table::EventTable::table). Whether the page is to have its turn.
    pub fn delivered(&mut self, flags: u32, len: u32, took: f64) -> bool {
        if flags & HAS_EVENT != 0 {
            self.life.retry_state_mut().on_event();
        }
        let (pace, is_over) = self.pace.after(len, took as u32);
        self.pace = pace;
        is_over
    }

    /// A chunk came, and all of it is delivered now.
    pub fn sign(&mut self, arrived: f64, now: f64, has_comment: bool) {
        self.life.sign(moment(arrived), moment(now), has_comment);
    }

    /// What comes of the failure. `verdict`: a wait, or −1 to retry, −2 to stop, not a number if
    /// the caller has none. Returns the wait; negative where nothing is retried.
    pub fn judge(&mut self, verdict: f64, now: f64, random: f64) -> f64 {
        let verdict = match verdict {
            -1.0 => Some(Verdict::Retry),
            -2.0 => Some(Verdict::Stop),
            wait if !wait.is_nan() => Some(Verdict::RetryAfter(time(wait))),
            _ => None,
        };
        match self.life.decide(verdict, moment(now), random) {
            Decision::Wait(wait) => milliseconds(wait),
            _ => -1.0,
        }
    }

    /// What is asked for by number: each getter of its own would be an export of its own.
    pub fn number(&self, number: u32) -> f64 {
        let failure = self.life.failure();
        f64::from(match number {
            ATTEMPT => self.life.attempt(),
            SLICE => self.pace.slice,
            IS_LEAVING => self.life.must_stop_reading().into(),
            IS_END => failure.is_some_and(Failure::is_ordinary_end).into(),
            // That of the failure; 0 if it has none.
            STATUS => failure
                .and_then(|failure| failure.status)
                .unwrap_or(0)
                .into(),
            _ => 0,
        })
    }

    /// The same for texts.
    pub fn text(&self, text: u32) -> String {
        match (text, self.life.failure()) {
            (CAUSE, _) => self.cause.as_str().into(),
            (ID_HEADER, _) => header_value(self.life.retry_state().last_event_id()),
            (REASON, Some(failure)) => failure.reason.as_str().into(),
            (MESSAGE, Some(failure)) => failure.message(),
            _ => String::new(),
        }
    }
}

// What happens, by number as in driver.js.

/// Close for good.
const CLOSE: u32 = 0;
/// Connect anew, at once, with the same last event ID.
const RECONNECT: u32 = 1;
/// Forget the last event ID and the reconnection time.
const RESET: u32 = 2;
/// The network or the page came back.
const WAKE: u32 = 3;
/// The page cannot or shall not hold a connection.
const SUSPEND: u32 = 4;
/// It can.
const RESUME: u32 = 5;
/// The request is ready.
const PREPARED: u32 = 6;
/// A provider failed.
const NOT_PREPARED: u32 = 7;
/// The request could not be built.
const NOT_LEGAL: u32 = 8;
/// No response came.
const UNANSWERED: u32 = 9;
/// The stream broke off.
const BROKEN: u32 = 10;
/// The stream ended.
const ENDED: u32 = 11;
/// An event was too large.
const TOO_LARGE: u32 = 12;

// What is asked for.

const ATTEMPT: u32 = 0;
const SLICE: u32 = 1;
const IS_LEAVING: u32 = 2;
const IS_END: u32 = 3;
const STATUS: u32 = 4;

const CAUSE: u32 = 0;
/// The value of `Last-Event-ID`.
const ID_HEADER: u32 = 1;
const REASON: u32 = 2;
const MESSAGE: u32 = 3;
