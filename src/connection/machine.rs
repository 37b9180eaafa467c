//! The state machine of one source: the next step, its results and its interrupts.

use alloc::boxed::Box;
use alloc::string::String;

use super::renewal::Renewal;
use super::{
    DEFAULT_RENEW_BEFORE, Decision, Detail, Failure, Liveness, Millis, ReadyState, Reason,
    RedirectGuard, RedirectPolicy, ResponseFacts, Retry, RetryOn, RetryOverride, RetryState,
    SilenceLimit,
};

/// The time limit of each call of a provider. A refresh has none, because a person may be signing in.
const PROVIDER_TIMEOUT: Millis = Millis::from_secs(30);

/// The life of one event source ([WHATWG HTML §9.2.3]). It performs no action itself: its loop
/// performs the action that [`step`](Self::step) returns, and reports the result. While an action
/// takes time, [`check`](Self::check) returns whether to continue with it.
///
/// The probes after a missing response are in `probe.rs`, the renewal of tokens in `renewal.rs`.
///
/// ```
/// use authenticated_event_source::connection::{
///     Cause, Lifecycle, Millis, Origin, Policy, RequestKind, Step,
/// };
///
/// let now = Millis::from_secs(1_800_000_000);
/// let mut lifecycle = Lifecycle::new(Policy::default(), String::new());
/// assert_eq!(lifecycle.step(now), Step::Prepare(Cause::Start));
/// lifecycle.guard(Origin::Same, false);
/// lifecycle.prepared(now);
/// assert_eq!(lifecycle.step(now), Step::Fetch(RequestKind::Request));
/// ```
///
/// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
#[derive(Debug)]
pub struct Lifecycle {
    pub(super) policy: Policy,
    pub(super) retry_state: RetryState,
    liveness: Liveness,
    pub(super) state: State,
    /// Why the latest attempt was made.
    pub(super) cause: Cause,
    pub(super) origin: Origin,
    /// Whether the request of the current attempt carries secrets.
    has_secrets: bool,
    /// Whether the latest request got no response.
    pub(super) is_unanswered: bool,
    /// The strongest interrupt that was not processed yet.
    interrupt: Option<Interrupt>,
    is_suspended: bool,
    /// Whether a suspension ended a request that must not be sent again.
    is_lost: bool,
    /// The end of the wait, or of the time limit of the current action.
    until: Millis,
    pub(super) renewal: Renewal,
    /// The status of the latest response that was not an event stream. Read only after a rejection.
    rejected_with: u16,
}

/// The options that affect decisions.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When to reconnect.
    pub retry: Retry,
    /// Whether the request is a `GET`, and may be sent again without the caller's consent.
    pub is_get: bool,
    /// Whether a request with rejected credentials is sent again, once and with other credentials.
    pub retries_rejection: bool,
    /// Whether a token is renewed before it expires: a provider supplies it.
    pub can_renew: bool,
    /// How long before its expiry a token is renewed.
    pub renew_before: Millis,
    /// The time limit for the response headers, [`Millis::MAX`] for none.
    pub connect_timeout: Millis,
    /// When a silent stream counts as dead. [`SilenceLimit::Auto`] applies to `GET` only.
    pub heartbeat_timeout: SilenceLimit,
    /// Whether secrets may follow a redirect to another origin.
    pub redirect: RedirectPolicy,
    /// Whether `fetch` accepts the scheme of the URL. Otherwise its exception looks like a dead
    /// network, and retrying cannot help.
    pub is_fetchable: bool,
    /// Whether the page uses HTTPS and the URL does not, so that browsers block the request.
    pub is_mixed_content: bool,
    /// Whether the page is cross-origin isolated, which may block the probe.
    pub is_isolated: bool,
    /// Whether the last event ID is sent as a query parameter.
    pub sends_id_as_param: bool,
    /// Whether diagnostic requests may follow a request without a response. `false` for methods other
    /// than `GET`, with a replaced `fetch`, and with an explicit `redirect`.
    pub may_probe: bool,
}

/// Why an attempt to connect is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It is the first attempt.
    Start,
    /// The connection, or the attempt before, failed.
    Retry,
    /// The server rejected the credentials.
    Unauthorized,
    /// The token is about to expire.
    Renewal,
    /// The caller called `reconnect`.
    Reconnect,
    /// The page was hidden, or in the back/forward cache.
    Suspension,
}

/// An event from outside that can end the current action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// The caller wants a new connection without a wait.
    Reconnect,
    /// The page was hidden, or enters the back/forward cache.
    Suspend,
    /// The network or the page came back: end the wait for the next attempt, and compare the
    /// deadline of an open stream with the clock.
    Wake,
}

/// The origin of the request URL, compared with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There is no page, so that no redirect is refused because of its origin.
    None,
    /// The page's own origin.
    Same,
    /// Another origin.
    Other,
}

/// The next action of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Call the providers and build the request. If the cause is [`Cause::Unauthorized`], refresh
    /// the credentials first. Then call [`prepared`](Lifecycle::prepared),
    /// [`refresh_refused`](Lifecycle::refresh_refused) or [`fail`](Lifecycle::fail).
    Prepare(Cause),
    /// Send this request. Then call [`responded`](Lifecycle::responded) or
    /// [`unanswered`](Lifecycle::unanswered).
    Fetch(RequestKind),
    /// The response is an event stream: call [`announce`](Lifecycle::announce), or
    /// [`fail`](Lifecycle::fail) if its body cannot be read.
    Open,
    /// Read one chunk. Call [`on_delivery`](Lifecycle::on_delivery) and
    /// [`on_bytes`](Lifecycle::on_bytes) for it, or [`fail`](Lifecycle::fail) if the stream has ended.
    /// Until then, the same step follows.
    Read,
    /// Pass the [failure](Lifecycle::failure) to the caller, and his verdict to
    /// [`decide`](Lifecycle::decide).
    Decide,
    /// Drop the request and its stream. A new attempt follows: after [`Wait`](Self::Wait) if the cause
    /// is [`Cause::Suspension`], otherwise at once.
    Restart(Cause),
    /// Wait for the [deadline](Lifecycle::deadline) or an interrupt.
    Wait,
    /// The source is closed.
    Stop,
}

/// The request to send in one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// The request of the caller.
    Request,
    /// The same request to the page's own server, with `redirect: 'manual'`: does the server
    /// redirect? Only the server that already received the secrets receives them again.
    FindRedirect,
    /// A request without CORS and without secrets: does anything answer?
    Probe,
    /// The request of the caller once more. If a server answers that was restarting, the missing
    /// response was no CORS refusal.
    RequestAgain,
}

/// The state between two steps.
#[derive(Debug)]
pub(super) enum State {
    Starting(Cause),
    Preparing(Cause),
    Fetching(RequestKind),
    Opening,
    Reading,
    /// A chunk is being delivered. The watchdog is paused, and a renewal is not.
    Delivering,
    Failed(Box<Failure>),
    Restarting(Cause),
    /// The page is hidden or cached, and the connection is closed until it is shown.
    Suspended,
    Waiting,
}

impl Cause {
    /// The name in the JavaScript API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Retry => "retry",
            Self::Unauthorized => "unauthorized",
            Self::Renewal => "renewal",
            Self::Reconnect => "reconnect",
            Self::Suspension => "suspension",
        }
    }
}

impl Default for Policy {
    /// The policy of a `GET` without secrets.
    fn default() -> Self {
        Self {
            retry: Retry::default(),
            is_get: true,
            retries_rejection: false,
            can_renew: false,
            renew_before: DEFAULT_RENEW_BEFORE,
            connect_timeout: Self::CONNECT_TIMEOUT,
            heartbeat_timeout: SilenceLimit::Auto,
            redirect: RedirectPolicy::SameOrigin,
            is_fetchable: true,
            is_mixed_content: false,
            is_isolated: false,
            sends_id_as_param: false,
            may_probe: true,
        }
    }
}

impl Policy {
    /// The default time limit for the response headers of a `GET`: 30 s. Other methods have none,
    /// because a language model may take minutes before it sends the first header.
    pub const CONNECT_TIMEOUT: Millis = Millis::from_secs(30);
}

/// What the loop calls.
impl Lifecycle {
    /// A source that was never connected.
    pub fn new(policy: Policy, last_event_id: String) -> Self {
        let silence_limit = match policy.heartbeat_timeout {
            SilenceLimit::Auto if !policy.is_get => SilenceLimit::Never,
            limit => limit,
        };
        Self {
            retry_state: RetryState::new(
                policy.retry.clone(),
                policy.retries_rejection,
                last_event_id,
            ),
            liveness: Liveness::new(silence_limit),
            policy,
            state: State::Starting(Cause::Start),
            cause: Cause::Start,
            origin: Origin::None,
            has_secrets: false,
            is_unanswered: false,
            interrupt: None,
            is_suspended: false,
            is_lost: false,
            until: Millis::ZERO,
            renewal: Renewal::default(),
            rejected_with: 401,
        }
    }

    /// Returns the next action.
    pub fn step(&mut self, now: Millis) -> Step {
        if self.is_closed() {
            return Step::Stop;
        }
        if matches!(self.state, State::Starting(_)) && self.is_suspended {
            self.restart(Cause::Suspension);
        }
        match self.state {
            State::Starting(cause) => {
                self.interrupt = None;
                self.cause = cause;
                self.state = State::Preparing(cause);
                self.on_provider_call(now);
                Step::Prepare(cause)
            }
            State::Preparing(cause) => Step::Prepare(cause),
            State::Fetching(kind) => Step::Fetch(kind),
            State::Opening => Step::Open,
            State::Reading | State::Delivering => Step::Read,
            State::Failed(ref failure) if self.retry_state.is_refresh_due(failure) => {
                // A refresh needs neither a verdict nor a random number.
                self.decide(None, now, 0.0);
                self.step(now)
            }
            State::Failed(_) => Step::Decide,
            State::Restarting(cause) => {
                self.state = match cause {
                    Cause::Suspension => State::Suspended,
                    _ => State::Starting(cause),
                };
                Step::Restart(cause)
            }
            State::Suspended | State::Waiting => Step::Wait,
        }
    }

    /// Returns whether an interrupt or the clock ends the current action. If so, there is another
    /// [`step`](Self::step).
    pub fn check(&mut self, now: Millis) -> bool {
        if self.is_closed() {
            return true;
        }
        let interrupt = self.interrupt.take();
        let is_late = self.deadline().is_some_and(|deadline| now >= deadline);
        match (&self.state, interrupt) {
            (
                State::Preparing(_)
                | State::Fetching(_)
                | State::Reading
                | State::Delivering
                | State::Failed(_)
                | State::Waiting,
                Some(Interrupt::Reconnect),
            ) => self.restart(Cause::Reconnect),
            (State::Preparing(_) | State::Waiting, Some(Interrupt::Suspend)) => {
                self.restart(Cause::Suspension);
            }
            (State::Fetching(_) | State::Reading | State::Delivering, Some(Interrupt::Suspend)) => {
                self.suspend();
            }
            (State::Waiting, Some(Interrupt::Wake)) => {
                self.state = State::Restarting(Cause::Retry);
            }
            (State::Suspended, _) if !self.is_suspended => self.resume(),
            _ if is_late => return self.on_deadline(now),
            _ => return false,
        }
        true
    }

    /// Returns the time of the next [`check`](Self::check) if no interrupt comes before.
    pub fn deadline(&self) -> Option<Millis> {
        match self.state {
            State::Preparing(_) | State::Fetching(_) | State::Waiting => {
                Some(self.until).filter(|until| *until < Millis::MAX)
            }
            State::Reading => [self.liveness.deadline(), self.renewal()]
                .into_iter()
                .flatten()
                .min(),
            State::Delivering => self.renewal(),
            _ => None,
        }
    }

    /// Returns whether the deadline ends the current action.
    fn on_deadline(&mut self, now: Millis) -> bool {
        match self.state {
            State::Preparing(_) => self.fail(Reason::Auth),
            State::Fetching(_) => {
                self.fail_by_silence(Reason::Timeout, self.policy.connect_timeout);
            }
            State::Reading if self.liveness.deadline().is_some_and(|at| now >= at) => {
                let silence = self.liveness.silence(now);
                let Some(reason) = self.liveness.on_deadline(now) else {
                    return false;
                };
                self.fail_by_silence(reason, silence);
            }
            State::Reading | State::Delivering => self.renew(now),
            _ => self.state = State::Restarting(Cause::Retry),
        }
        true
    }
}

/// What comes from the caller, the page and the network.
impl Lifecycle {
    /// Records an interrupt for the next [`check`](Self::check).
    pub fn interrupt(&mut self, interrupt: Interrupt) {
        // A reconnect that was not processed yet is stronger than a wake-up.
        if interrupt != Interrupt::Wake || self.interrupt.is_none() {
            self.interrupt = Some(interrupt);
        }
    }

    /// Records that wall time jumped forward: the machine probably slept. A pending retry starts at
    /// once, and an open stream must show activity soon. The standard has no wait that is shorter than
    /// the reconnection time.
    pub fn on_clock_jump(&mut self, now: Millis) {
        match self.state {
            State::Reading | State::Delivering => self.liveness.suspect(now),
            State::Waiting if !self.policy.retry.is_spec => self.interrupt(Interrupt::Wake),
            _ => {}
        }
    }

    /// Sets whether the page is hidden or cached, and must not hold a connection.
    pub fn set_suspended(&mut self, is_suspended: bool) {
        if is_suspended && !self.is_suspended {
            self.interrupt(Interrupt::Suspend);
        }
        self.is_suspended = is_suspended;
    }

    /// Closes the source forever.
    pub fn close(&mut self) {
        self.retry_state.close();
    }

    /// Returns whether the rest of the open stream must be skipped. After a reconnect the server
    /// sends it again, because its ID was not committed.
    pub fn must_stop_reading(&self) -> bool {
        let is_interrupted = matches!(
            self.interrupt,
            Some(Interrupt::Reconnect | Interrupt::Suspend)
        );
        let is_open = matches!(self.state, State::Reading | State::Delivering);
        is_interrupted || !is_open || self.is_closed()
    }

    /// Suspends a request or a stream.
    fn suspend(&mut self) {
        self.is_lost = !self.policy.is_get && self.policy.retry.on == RetryOn::Never;
        self.restart(Cause::Suspension);
    }

    /// Continues when the page is back. A request that must not be sent again fails now. It did not fail
    /// earlier, because a page that is left reports nothing.
    fn resume(&mut self) {
        if core::mem::take(&mut self.is_lost) {
            self.fail(Reason::Network);
        } else {
            self.state = State::Starting(Cause::Suspension);
        }
    }
}

/// The results of the loop's actions.
impl Lifecycle {
    /// Returns how to send the request that is being prepared. `has_secrets` is read from that
    /// request, because providers may add secrets at any attempt.
    pub fn guard(&mut self, origin: Origin, has_secrets: bool) -> RedirectGuard {
        self.origin = origin;
        self.has_secrets = has_secrets;
        self.redirect_guard()
    }

    /// Records that a provider is called, except for a refresh. Each call has a time limit of 30 s.
    pub fn on_provider_call(&mut self, now: Millis) {
        self.until = now.saturating_add(PROVIDER_TIMEOUT);
    }

    /// Records that a refresh begins. It has no time limit.
    pub fn on_refresh(&mut self) {
        self.until = Millis::MAX;
    }

    /// Records that the provider has no other credentials, so that the rejection is final.
    pub fn refresh_refused(&mut self) {
        let failure = Failure::with_status(Reason::Unauthorized, self.rejected_with);
        self.fail_with(failure.without_refresh());
    }

    /// Records that the request is ready. The time limit of the response begins now.
    pub fn prepared(&mut self, now: Millis) {
        self.state = State::Fetching(RequestKind::Request);
        self.until = now.saturating_add(self.policy.connect_timeout);
    }

    /// Records a response.
    pub fn responded(&mut self, head: &ResponseFacts<'_>) {
        match self.state {
            State::Fetching(RequestKind::FindRedirect) => {
                self.on_redirect_checked(head.is_redirect());
            }
            State::Fetching(RequestKind::Probe) => {
                self.state = State::Fetching(RequestKind::RequestAgain);
            }
            _ => {
                self.is_unanswered = false;
                self.check_response(head);
            }
        }
    }

    fn check_response(&mut self, head: &ResponseFacts<'_>) {
        if self.redirect_guard() == RedirectGuard::Manual && head.is_redirect() {
            return self.fail(Reason::Redirect);
        }
        match head.check() {
            Ok(()) => self.state = State::Opening,
            Err(mut failure) => {
                self.rejected_with = failure.status.unwrap_or_default();
                if failure.status == Some(431) && self.can_resume() {
                    failure.detail = Some(Detail::IdTooLong);
                }
                self.fail_with(failure);
            }
        }
    }

    /// [*Announces the connection*][announce], and returns whether it was open before.
    /// `heartbeat_interval` is the response's `SSE-Heartbeat`.
    ///
    /// [announce]: https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection
    pub fn announce(
        &mut self,
        now: Millis,
        unix_now: Millis,
        heartbeat_interval: Option<Millis>,
    ) -> bool {
        let is_resumed = self.retry_state.has_opened();
        self.retry_state.announce(now);
        self.liveness.on_open(now, heartbeat_interval);
        self.plan_renewal(now, unix_now);
        self.state = State::Reading;
        is_resumed
    }

    /// Records that the delivery of a chunk begins. It may wait for the caller to take events, and
    /// ends with [`on_bytes`](Self::on_bytes).
    pub fn on_delivery(&mut self) {
        self.state = State::Delivering;
    }

    /// Records bytes, which are delivered by `now`. `is_comment` if they begin with a comment.
    pub fn on_bytes(&mut self, arrived: Millis, now: Millis, is_comment: bool) {
        self.liveness.on_bytes(arrived, now, is_comment);
        if matches!(self.state, State::Delivering) {
            self.state = State::Reading;
        }
    }

    /// Records that the current action failed, or that the stream ended.
    #[inline(never)]
    pub fn fail(&mut self, reason: Reason) {
        self.fail_with(Failure::new(reason));
    }

    fn fail_by_silence(&mut self, reason: Reason, silence: Millis) {
        let mut failure = Failure::new(reason);
        failure.silence = silence;
        self.fail_with(failure);
    }

    // One copy of the code, because it has many callers.
    #[inline(never)]
    pub(super) fn fail_with(&mut self, failure: Failure) {
        if matches!(self.state, State::Restarting(_)) {
            // The delivery of the last chunk was interrupted, and the rest of it does not count.
            return;
        }
        self.state = State::Failed(Box::new(failure));
    }

    /// Decides what follows the failure: [*reestablish the connection*][reestablish], or
    /// [*fail the connection*][fail]. `random` is uniformly random in `[0, 1)`.
    ///
    /// [reestablish]: https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
    /// [fail]: https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection
    pub fn decide(&mut self, verdict: Option<RetryOverride>, now: Millis, random: f64) -> Decision {
        let State::Failed(failure) = &self.state else {
            return Decision::Stop;
        };
        let decision = self.retry_state.decide(failure, verdict, now, random);
        match decision {
            Decision::Wait(wait) => {
                self.state = State::Waiting;
                self.until = now.saturating_add(wait);
            }
            Decision::Refresh => self.state = State::Restarting(Cause::Unauthorized),
            Decision::UseNonce => self.state = State::Restarting(Cause::Retry),
            Decision::Stop => {}
        }
        decision
    }

    /// Drops the connection although nothing failed, and connects again.
    #[inline(never)]
    pub(super) fn restart(&mut self, cause: Cause) {
        self.retry_state.restart();
        self.state = State::Restarting(cause);
    }
}

/// What the loop, the probe and the renewal read.
impl Lifecycle {
    /// The owner of ready state, last event ID string and reconnection time.
    pub fn retry_state(&self) -> &RetryState {
        &self.retry_state
    }

    /// The same, for delivered items.
    pub fn retry_state_mut(&mut self) -> &mut RetryState {
        &mut self.retry_state
    }

    /// The number of the current attempt since the connection was last healthy, from 1.
    pub fn attempt(&self) -> u32 {
        self.retry_state.retries().saturating_add(1)
    }

    /// The failure to [decide](Self::decide) on.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    fn is_closed(&self) -> bool {
        self.retry_state.ready_state() == ReadyState::Closed
    }

    /// Whether a reconnect would continue the stream: the server has sent an ID.
    pub(super) fn can_resume(&self) -> bool {
        !self.retry_state.last_event_id().is_empty()
    }

    pub(super) fn redirect_guard(&self) -> RedirectGuard {
        let is_same_origin = self.origin == Origin::Same;
        self.policy.redirect.guard(self.has_secrets, is_same_origin)
    }
}
