//! The state that survives a reconnect, and the decision after a failure.

use alloc::string::String;
use core::time::Duration;

use super::{Failure, Millis, ReadyState, Reason, Retry, RetryOn};
use crate::event_stream::{Item, decode};

/// What to do after a connection, or an attempt to connect, has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// [*Reestablish the connection*][reestablish] after this wait.
    ///
    /// [reestablish]: https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
    Wait(Millis),
    /// Refresh the credentials, and reestablish the connection without a wait.
    Refresh,
    /// Reestablish the connection without a wait and without a refresh. The provider reads the nonce
    /// from the response ([RFC 9449 §9](https://www.rfc-editor.org/rfc/rfc9449#section-9)).
    UseNonce,
    /// The source is [`ReadyState::Closed`] from now on: it [*failed*][fail], or ended.
    ///
    /// [fail]: https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection
    Stop,
}

/// The caller's decision on a failure, which overrides the retry policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Retries after the wait of the policy, even if the policy would not retry.
    Retry,
    /// Retries after this wait, at most [`Retry::MAX_RECONNECTION_TIME`].
    RetryAfter(Duration),
    /// Does not retry.
    Stop,
}

/// [`Verdict`] in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOverride {
    /// Retry after this wait, or after the wait of the policy.
    Retry(Option<Millis>),
    /// Do not retry.
    Stop,
}

impl From<Verdict> for RetryOverride {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Retry => Self::Retry(None),
            Verdict::RetryAfter(wait) => Self::Retry(Some(wait.into())),
            Verdict::Stop => Self::Stop,
        }
    }
}

/// Owns the ready state, the *last event ID string*, the *reconnection time* and the count of
/// retries ([WHATWG HTML §9.2.2]).
///
/// ```text
///                announce                     decide → Wait, Refresh…
///   Connecting ───────────▶ Open ───────────────────────────────────▶ Connecting
///        │                   │
///        └───────────────────┴─── decide → Stop, close ──▶ Closed, forever
/// ```
///
/// [WHATWG HTML §9.2.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
#[derive(Debug)]
pub struct RetryState {
    retry: Retry,
    retries_rejection: bool,
    ready_state: ReadyState,
    last_event_id: String,
    reconnection_time: Millis,
    /// Retries since the connection was last healthy.
    retries: u32,
    opened_at: Option<Millis>,
    has_opened: bool,
    /// Whether a refresh already answered the latest rejections.
    is_refreshed: bool,
    /// Whether a nonce already answered the latest rejections.
    has_used_nonce: bool,
}

impl RetryState {
    /// The state before the first attempt. If `retries_rejection`, the first response that rejects the
    /// credentials leads to a refresh and another attempt.
    pub fn new(retry: Retry, retries_rejection: bool, last_event_id: String) -> Self {
        Self {
            reconnection_time: retry.initial_delay,
            retry,
            retries_rejection,
            ready_state: ReadyState::Connecting,
            last_event_id,
            retries: 0,
            opened_at: None,
            has_opened: false,
            is_refreshed: false,
            has_used_nonce: false,
        }
    }

    /// The ready state.
    pub fn ready_state(&self) -> ReadyState {
        self.ready_state
    }

    /// The [*last event ID string*][id].
    ///
    /// [id]: https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The [*reconnection time*][time].
    ///
    /// [time]: https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time
    pub fn reconnection_time(&self) -> Millis {
        self.reconnection_time
    }

    /// Whether the connection was ever announced.
    pub fn has_opened(&self) -> bool {
        self.has_opened
    }

    /// Retries since the connection was last healthy.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// [*Announces the connection*][announce]: the response is an event stream.
    ///
    /// [announce]: https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection
    pub fn announce(&mut self, now: Millis) {
        if self.ready_state == ReadyState::Connecting {
            self.ready_state = ReadyState::Open;
            self.opened_at = Some(now);
            self.has_opened = true;
            self.forget_rejections();
        }
    }

    /// Commits the ID of a complete block, also of a block without data
    /// ([dispatch the event, step 1][dispatch]).
    ///
    /// [dispatch]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
    pub fn set_last_event_id(&mut self, last_event_id: &str) {
        self.last_event_id.clear();
        self.last_event_id.push_str(last_event_id);
    }

    /// Commits the effect of a delivered item.
    pub fn commit(&mut self, item: &Item<'_>) {
        match item {
            Item::Event(event) => {
                self.on_event();
                if event.has_id {
                    self.set_last_event_id(&decode(event.last_event_id));
                }
            }
            Item::LastEventId(id) => self.set_last_event_id(&decode(id)),
            Item::ReconnectionTime(time) => self.set_reconnection_time((*time).into()),
            Item::Comment(_) | Item::TooLarge => {}
        }
    }

    /// Records an event, which proves the connection healthy.
    pub fn on_event(&mut self) {
        self.retries = 0;
    }

    /// Applies the stream's `retry` field. The time is bounded by [`Retry::MIN_RECONNECTION_TIME`]
    /// and, outside of [`Retry::spec`], by [`Retry::MAX_RECONNECTION_TIME`].
    pub fn set_reconnection_time(&mut self, time: Millis) {
        self.reconnection_time = self.retry.bounded(time);
    }

    /// Closes the source forever.
    pub fn close(&mut self) {
        self.ready_state = ReadyState::Closed;
    }

    /// Starts to connect again although nothing failed. The retries are not counted.
    pub fn restart(&mut self) {
        self.forget_rejections();
        self.set_connecting();
    }

    fn forget_rejections(&mut self) {
        self.is_refreshed = false;
        self.has_used_nonce = false;
    }

    fn set_connecting(&mut self) {
        if self.ready_state != ReadyState::Closed {
            self.ready_state = ReadyState::Connecting;
            self.opened_at = None;
        }
    }

    /// Decides what follows a failure. `random` is uniformly random in `[0, 1)`.
    pub fn decide(
        &mut self,
        failure: &Failure,
        verdict: Option<RetryOverride>,
        now: Millis,
        random: f64,
    ) -> Decision {
        if self.ready_state == ReadyState::Closed {
            return Decision::Stop;
        }
        self.reset_retries_if_healthy(now);
        if failure.reason != Reason::Unauthorized {
            self.forget_rejections();
        }
        if verdict.is_none() && self.is_refresh_due(failure) {
            return self.answer_rejection(failure);
        }
        let may_retry = match verdict {
            Some(RetryOverride::Stop) => false,
            Some(RetryOverride::Retry(_)) => true,
            None => self.is_retryable(failure),
        };
        if !may_retry || self.retries >= self.retry.max_retries {
            self.close();
            return Decision::Stop;
        }
        self.retries += 1;
        self.set_connecting();
        Decision::Wait(self.wait(failure, verdict, random))
    }

    /// Whether this failure leads to another attempt with other credentials, without the policy or
    /// the caller.
    pub fn is_refresh_due(&self, failure: &Failure) -> bool {
        let is_due = !self.is_refreshed || self.is_nonce_due(failure);
        failure.may_refresh && self.retries_rejection && is_due
    }

    /// The first challenge in a row of rejections does not count as a rejection.
    fn is_nonce_due(&self, failure: &Failure) -> bool {
        failure.is_nonce_challenge && !self.has_used_nonce
    }

    fn answer_rejection(&mut self, failure: &Failure) -> Decision {
        self.set_connecting();
        if self.is_nonce_due(failure) {
            self.has_used_nonce = true;
            return Decision::UseNonce;
        }
        self.is_refreshed = true;
        Decision::Refresh
    }

    /// Resets the count of retries after a stream that lasted. A stream that opens and ends at
    /// once does not reset it, so that the range of the wait keeps growing.
    fn reset_retries_if_healthy(&mut self, now: Millis) {
        let open_for = self
            .opened_at
            .take()
            .map(|opened_at| now.saturating_sub(opened_at));
        if open_for.is_some_and(|time| time >= self.retry.reset_after) {
            self.retries = 0;
        }
    }

    /// Whether the policy retries after this failure.
    fn is_retryable(&self, failure: &Failure) -> bool {
        let is_transient = match failure.reason {
            Reason::Network | Reason::Timeout | Reason::End => true,
            // The caller's own options: a timeout, a provider. The standard has none of them.
            Reason::Stalled | Reason::Mute | Reason::Auth => true,
            // The server accepted this request before. A response without CORS headers may come
            // from a proxy during a deployment.
            Reason::Cors => !self.retry.is_spec && self.has_opened,
            Reason::Status => !self.retry.is_spec && failure.status.is_some_and(is_transient),
            _ => false,
        };
        is_transient
            && match self.retry.on {
                RetryOn::Always => true,
                RetryOn::Error => failure.reason != Reason::End,
                RetryOn::Never => false,
            }
    }

    fn wait(&self, failure: &Failure, verdict: Option<RetryOverride>, random: f64) -> Millis {
        if let Some(RetryOverride::Retry(Some(wait))) = verdict {
            return wait.min(Retry::MAX_RECONNECTION_TIME.into());
        }
        self.retry
            .wait(self.reconnection_time, self.retries, random)
            .max(failure.retry_after.unwrap_or_default())
    }
}

/// Whether a status may pass: Request Timeout, Too Early, Too Many Requests, and the statuses of
/// servers and proxies during a deployment (Cloudflare's 520 to 530 too). Not Implemented and HTTP
/// Version Not Supported do not pass. `[NON-SPEC]`
fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 506..=599)
}
