//! The connection ([WHATWG HTML §9.2.3]) and our policy where the standard is silent.
//!
//! Knows no browser, no clock and no random: time and randomness are arguments, waits are results.
//! Times are durations since any one moment, the same for all calls. [`Lifecycle`] asks all the
//! others, and says what to do next.
//!
//! ```text
//!                announce                    interrupted → Wait, Refresh
//!   Connecting ───────────▶ Open ───────────────────────────────────▶ Connecting
//!        │                   │
//!        └───────────────────┴── interrupted → Stop, close ──▶ Closed, for good
//! ```
//!
//! [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model

mod failure;
mod liveness;
mod machine;
mod pace;
mod ready_state;
mod renewal;
mod request;
mod response;
mod retry;

use alloc::string::String;

use crate::duration::Duration;
use crate::event_stream::{Item, decode};
pub use failure::{Failure, Reason};
pub use liveness::{HeartbeatTimeout, Liveness};
pub use machine::{Cause, Interrupt, Lifecycle, Origin, Policy, RequestKind, Step};
pub use pace::Pace;
pub use ready_state::ReadyState;
pub use renewal::{DEFAULT_RENEW_BEFORE, renew_in};
pub use request::{RedirectGuard, RedirectPolicy, header_value, is_secret_header};

pub use response::{ResponseHead, retry_after};
pub use retry::{Jitter, Retry, RetryOn};

/// What to do after a connection, or an attempt at one, is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// *Reestablish the connection* after this wait.
    Wait(Duration),
    /// Refresh the credentials and reestablish the connection at once.
    Refresh,
    /// *Fail the connection*, or end it: the state is [`ReadyState::Closed`] now.
    Stop,
}

/// The caller's last word on a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Retry after the policy's wait, also what the policy would not retry.
    Retry,
    /// Retry after this wait.
    RetryAfter(Duration),
    /// Do not retry.
    Stop,
}

/// The one owner of the ready state, the last event ID string and the reconnection time.
#[derive(Debug)]
pub struct RetryState {
    retry: Retry,
    can_refresh: bool,
    ready_state: ReadyState,
    last_event_id: String,
    reconnection_time: Duration,
    /// Retries since the connection was last healthy.
    retries: u32,
    opened_at: Option<Duration>,
    has_opened: bool,
    /// Whether this run of 401 was answered with a refresh already.
    is_refreshed: bool,
}

impl RetryState {
    /// A connection that was never tried. `can_refresh`: a 401 is worth one refresh of the
    /// credentials.
    pub fn new(retry: Retry, can_refresh: bool, last_event_id: String) -> Self {
        Self {
            reconnection_time: retry.initial_delay,
            retry,
            can_refresh,
            ready_state: ReadyState::Connecting,
            last_event_id,
            retries: 0,
            opened_at: None,
            has_opened: false,
            is_refreshed: false,
        }
    }

    /// The state.
    pub fn ready_state(&self) -> ReadyState {
        self.ready_state
    }

    /// The *last event ID string*.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The *reconnection time*.
    pub fn reconnection_time(&self) -> Duration {
        self.reconnection_time
    }

    /// Whether it was ever announced.
    pub fn has_opened(&self) -> bool {
        self.has_opened
    }

    /// Retries since the connection was last healthy.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// *Announce the connection*: the response is an event stream.
    pub fn announce(&mut self, now: Duration) {
        if self.ready_state == ReadyState::Connecting {
            self.ready_state = ReadyState::Open;
            self.opened_at = Some(now);
            self.has_opened = true;
            self.is_refreshed = false;
        }
    }

    /// A block was dispatched, or would have been had it held data: its ID counts.
    pub fn set_last_event_id(&mut self, last_event_id: &str) {
        self.last_event_id.clear();
        self.last_event_id.push_str(last_event_id);
    }

    /// Takes note of an item of the stream that was delivered.
    pub fn commit(&mut self, item: &Item<'_>) {
        match item {
            Item::Event(event) => {
                self.on_event();
                if event.has_id {
                    self.set_last_event_id(&decode(event.last_event_id));
                }
            }
            Item::LastEventId(id) => self.set_last_event_id(&decode(id)),
            Item::ReconnectionTime(time) => self.set_reconnection_time(*time),
            Item::Comment(_) | Item::TooLarge => {}
        }
    }

    /// An event came: the connection is healthy.
    pub fn on_event(&mut self) {
        self.retries = 0;
    }

    /// The stream's `retry` field. Outside [`Retry::spec`] it is bounded by
    /// [`Retry::MIN_RECONNECTION_TIME`] and [`Retry::MAX_RECONNECTION_TIME`].
    pub fn set_reconnection_time(&mut self, time: Duration) {
        self.reconnection_time = self.retry.bounded(time);
    }

    /// Forgets the last event ID, the reconnection time and the count of retries.
    pub fn reset(&mut self) {
        self.last_event_id.clear();
        self.reconnection_time = self.retry.initial_delay;
        self.retries = 0;
    }

    /// Closed for good.
    pub fn close(&mut self) {
        self.ready_state = ReadyState::Closed;
    }

    /// The connection is to be made anew without any failure: nothing is counted.
    pub fn reconnect(&mut self) {
        self.is_refreshed = false;
        self.restart();
    }

    fn restart(&mut self) {
        if self.ready_state != ReadyState::Closed {
            self.ready_state = ReadyState::Connecting;
            self.opened_at = None;
        }
    }

    /// The connection, or the attempt, is over. `random` is uniformly random in `[0, 1)`.
    pub fn decide(
        &mut self,
        failure: &Failure,
        verdict: Option<Verdict>,
        now: Duration,
        random: f64,
    ) -> Decision {
        if self.ready_state == ReadyState::Closed {
            return Decision::Stop;
        }
        self.note_health(now);
        self.is_refreshed &= failure.reason == Reason::Unauthorized;
        if verdict.is_none() && self.is_refresh_due(failure) {
            self.is_refreshed = true;
            self.restart();
            return Decision::Refresh;
        }
        let may_retry = match verdict {
            Some(Verdict::Stop) => false,
            Some(Verdict::Retry | Verdict::RetryAfter(_)) => true,
            None => self.is_retryable(failure),
        };
        if !may_retry || self.retries >= self.retry.max_retries {
            self.close();
            return Decision::Stop;
        }
        self.retries += 1;
        self.restart();
        Decision::Wait(self.wait(failure, verdict, random))
    }

    /// Whether a refresh, not the policy, answers this failure.
    pub fn is_refresh_due(&self, failure: &Failure) -> bool {
        failure.reason == Reason::Unauthorized
            && self.can_refresh
            && !self.is_refreshed
            && !self.retry.is_spec
    }

    /// A stream that lived long enough starts the count anew; one that ended at once, again and
    /// again, waits longer each time.
    fn note_health(&mut self, now: Duration) {
        let life = self
            .opened_at
            .take()
            .map(|opened_at| now.saturating_sub(opened_at));
        if life.is_some_and(|life| life >= self.retry.reset_after) {
            self.retries = 0;
        }
    }

    /// The status classes and what the standard calls fatal.
    fn is_retryable(&self, failure: &Failure) -> bool {
        let may_pass = match failure.reason {
            Reason::Network | Reason::Timeout | Reason::End => true,
            Reason::Stalled | Reason::Mute | Reason::Auth => !self.retry.is_spec,
            // The server let us in before: what answers now without CORS headers may be a proxy
            // during a deploy.
            Reason::Cors => !self.retry.is_spec && self.has_opened,
            Reason::Status => !self.retry.is_spec && failure.status.is_some_and(may_pass),
            _ => false,
        };
        may_pass
            && match self.retry.on {
                RetryOn::Always => true,
                RetryOn::Error => failure.reason != Reason::End,
                RetryOn::Never => false,
            }
    }

    fn wait(&self, failure: &Failure, verdict: Option<Verdict>, random: f64) -> Duration {
        match verdict {
            Some(Verdict::RetryAfter(wait)) => wait.min(Retry::MAX_RECONNECTION_TIME),
            _ => self
                .retry
                .wait(self.reconnection_time, self.retries, random)
                .max(failure.retry_after.unwrap_or_default()),
        }
    }
}

/// Request Timeout, Too Early, Too Many Requests, and what servers and proxies say during a
/// deploy. `[NON-SPEC]`
fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}
