use alloc::boxed::Box;
use alloc::string::String;

use super::{
    Decision, Failure, HeartbeatTimeout, Liveness, ReadyState, Reason, RedirectGuard,
    RedirectPolicy, ResponseHead, Retry, RetryOn, RetryState, Verdict, renew_in,
};
use crate::duration::Duration;

/// A token that was just renewed is not renewed again sooner than this: the server decides.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(1);

/// What a source was told, as far as the decisions need it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When to reconnect.
    pub retry: Retry,
    /// Whether the request may be sent again for reasons of ours: it is a `GET`.
    pub is_get: bool,
    /// Whether a 401 is worth one refresh of the credentials.
    pub can_refresh: bool,
    /// How long before its expiry a token is renewed.
    pub renew_before: Duration,
    /// How long the providers may take, and then the response.
    pub connect_timeout: Duration,
    /// When a silent stream counts as dead.
    pub heartbeat_timeout: HeartbeatTimeout,
    /// Whether secrets may follow a redirect to another origin.
    pub redirect: RedirectPolicy,
    /// Whether `fetch` accepts the URL. It rejects user names, passwords and every scheme except
    /// HTTP's. Its exception looks like a dead network and quotes the password, so no request is
    /// made.
    pub is_fetchable: bool,
    /// Whether a server that does not answer may be asked why: never of a redirect about which the
    /// caller has spoken himself, nor past a `fetch` of the caller's.
    pub may_probe: bool,
}

/// Why an attempt to connect is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It is the first.
    Start,
    /// The connection, or the attempt before, failed.
    Retry,
    /// The server refused the credentials (401).
    Unauthorized,
    /// The token is about to expire.
    Renewal,
    /// The caller asked for it.
    Reconnect,
    /// The page was hidden, or in the back/forward cache.
    Suspension,
}

impl Cause {
    /// The cause as the JavaScript API names it.
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

/// What reaches a source from outside while it waits for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Connect anew, at once.
    Reconnect,
    /// The page cannot or shall not hold a connection now.
    Suspend,
    /// The network or the page came back: what waits may go on, what is silent is suspect.
    Wake,
}

/// Where the URL of a request leads, seen from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There is no page: nothing is refused for the sake of an origin.
    None,
    /// To the page's own origin.
    Same,
    /// To another.
    Other,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the providers and build the request, after a refresh of the credentials if the cause is
    /// [`Cause::Unauthorized`]. Then say [`prepared`](Lifecycle::prepared), or what was
    /// [lost](Lifecycle::lost).
    Prepare(Cause),
    /// Send this. Then say what has [responded](Lifecycle::responded), or that
    /// [nothing](Lifecycle::unanswered) has.
    Fetch(RequestKind),
    /// The response is an event stream: [announce](Lifecycle::announce) it, or say what was lost.
    Open,
    /// Read the stream until it ends.
    Read,
    /// Ask the caller for a last word on the [failure](Lifecycle::failure), and say what was
    /// [judged](Lifecycle::judged).
    Decide,
    /// The connection is made anew, at once: tell it. Then go on.
    Restart(Cause),
    /// Wait.
    Wait,
    /// Nothing, ever again.
    Stop,
}

/// What is sent in one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// The request.
    Request,
    /// The request, stopping at a redirect: whether our own server redirects. The secrets reach
    /// nobody but the server that saw them a moment ago.
    FindRedirect,
    /// A request without CORS and without secrets: whether anything answers.
    Probe,
    /// The request once more: a server that has just come back is no refusal.
    RequestAgain,
}

/// Where a source stands between two steps.
#[derive(Debug)]
enum State {
    Starting(Cause),
    Preparing(Cause),
    Fetching(RequestKind),
    Opening,
    Reading,
    Failed(Box<Failure>),
    Restarting(Cause),
    /// The page is away, and the connection was let go.
    Suspended,
    Waiting,
}

/// The life of a source, step by step ([WHATWG HTML §9.2.3]). It does nothing by itself: whoever
/// drives it does what [`step`](Self::step) says, and says what came of it. While that takes time,
/// [`check`](Self::check) tells whether to go on with it.
///
/// ```
/// use authenticated_event_source::connection::{Cause, Lifecycle, Origin, Policy, RequestKind, Step};
/// use std::time::Duration;
///
/// let now = Duration::from_secs(1_800_000_000);
/// let mut life = Lifecycle::new(Policy::default(), String::new());
/// assert_eq!(life.step(now), Step::Prepare(Cause::Start));
/// life.guard(Origin::Same, false);
/// life.prepared(now);
/// assert_eq!(life.step(now), Step::Fetch(RequestKind::Request));
/// ```
///
/// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
#[derive(Debug)]
pub struct Lifecycle {
    policy: Policy,
    retry_state: RetryState,
    liveness: Liveness,
    state: State,
    /// Why the latest attempt was made.
    cause: Cause,
    origin: Origin,
    /// Whether the request of the current attempt carries secrets.
    has_secrets: bool,
    /// Whether the latest request was not answered.
    is_unanswered: bool,
    /// At most one: the strongest that was not seen yet.
    interrupt: Option<Interrupt>,
    is_suspended: bool,
    /// When the wait, or the patience with providers and servers, is over.
    until: Duration,
    renew_at: Option<Duration>,
}

impl Default for Policy {
    /// A `GET` without secrets: 30 s to connect, the default [`Retry`].
    fn default() -> Self {
        Self {
            retry: Retry::default(),
            is_get: true,
            can_refresh: false,
            renew_before: super::DEFAULT_RENEW_BEFORE,
            connect_timeout: Self::CONNECT_TIMEOUT,
            heartbeat_timeout: HeartbeatTimeout::Auto,
            redirect: RedirectPolicy::SameOrigin,
            is_fetchable: true,
            may_probe: true,
        }
    }
}

impl Policy {
    /// How long to wait for response headers, unless told otherwise: 30 s.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
}

impl Lifecycle {
    /// A source that was never connected.
    pub fn new(policy: Policy, last_event_id: String) -> Self {
        Self {
            retry_state: RetryState::new(policy.retry.clone(), policy.can_refresh, last_event_id),
            liveness: Liveness::new(policy.heartbeat_timeout),
            policy,
            state: State::Starting(Cause::Start),
            cause: Cause::Start,
            origin: Origin::None,
            has_secrets: false,
            is_unanswered: false,
            interrupt: None,
            is_suspended: false,
            until: Duration::ZERO,
            renew_at: None,
        }
    }

    /// The ready state, the last event ID string and the reconnection time.
    pub fn retry_state(&self) -> &RetryState {
        &self.retry_state
    }

    /// The same, to be changed by what was delivered.
    pub fn retry_state_mut(&mut self) -> &mut RetryState {
        &mut self.retry_state
    }

    /// The number of the attempt under way, from 1, since the connection was last healthy.
    pub fn attempt(&self) -> u32 {
        self.retry_state.retries().saturating_add(1)
    }

    /// What to do next.
    pub fn step(&mut self, now: Duration) -> Step {
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
                self.until = now.saturating_add(self.policy.connect_timeout);
                Step::Prepare(cause)
            }
            State::Preparing(cause) => Step::Prepare(cause),
            State::Fetching(kind) => Step::Fetch(kind),
            State::Opening => Step::Open,
            State::Reading => Step::Read,
            State::Failed(ref failure) if self.retry_state.is_refresh_due(failure) => {
                // The verdict and the random count for nothing here.
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

    /// Whether the interrupts, or the clock, end what is under way. If so, there is another
    /// [`step`](Self::step).
    pub fn check(&mut self, now: Duration) -> bool {
        if self.is_closed() {
            return true;
        }
        let interrupt = self.interrupt.take();
        let is_late = self.deadline().is_some_and(|deadline| now >= deadline);
        match (&self.state, interrupt) {
            (
                State::Preparing(_) | State::Fetching(_) | State::Reading | State::Waiting,
                Some(Interrupt::Reconnect),
            ) => self.restart(Cause::Reconnect),
            (State::Preparing(_) | State::Waiting, Some(Interrupt::Suspend)) => {
                self.restart(Cause::Suspension);
            }
            (State::Fetching(_) | State::Reading, Some(Interrupt::Suspend)) => self.suspend(),
            (State::Waiting, Some(Interrupt::Wake)) => self.state = State::Restarting(Cause::Retry),
            (State::Suspended, _) if !self.is_suspended => {
                self.state = State::Starting(Cause::Suspension);
            }
            _ if is_late => self.on_deadline(now),
            _ => return false,
        }
        true
    }

    /// When [`check`](Self::check) is to be asked, whatever else happens.
    pub fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Preparing(_) | State::Fetching(_) | State::Waiting => Some(self.until),
            State::Reading => [self.liveness.deadline(), self.renewal()]
                .into_iter()
                .flatten()
                .min(),
            _ => None,
        }
    }

    /// Something came from outside.
    pub fn interrupt(&mut self, interrupt: Interrupt) {
        // A wake-up must not hide a reconnect that came just before it.
        if interrupt != Interrupt::Wake || self.interrupt.is_none() {
            self.interrupt = Some(interrupt);
        }
    }

    /// Whether the page can hold a connection changed, or did not.
    pub fn set_suspended(&mut self, is_suspended: bool) {
        if is_suspended && !self.is_suspended {
            self.interrupt(Interrupt::Suspend);
        }
        self.is_suspended = is_suspended;
    }

    /// Whether the stream being read is to be left: what was parsed but not delivered comes again
    /// after the reconnect.
    pub fn must_stop_reading(&self) -> bool {
        let is_interrupted = matches!(
            self.interrupt,
            Some(Interrupt::Reconnect | Interrupt::Suspend)
        );
        is_interrupted || self.is_closed()
    }

    /// Closes for good.
    pub fn close(&mut self) {
        self.retry_state.close();
    }

    /// Returns how to send the request that is being prepared. `has_secrets` is read from that
    /// request, because providers may add secrets at any attempt.
    pub fn guard(&mut self, origin: Origin, has_secrets: bool) -> RedirectGuard {
        self.origin = origin;
        self.has_secrets = has_secrets;
        self.redirect_guard()
    }

    /// The request is ready. Credentials and response have the connect timeout each for itself: a
    /// user who signs in again must not find the time for the response used up.
    pub fn prepared(&mut self, now: Duration) {
        if !self.policy.is_fetchable {
            return self.fail(Reason::Request);
        }
        self.state = State::Fetching(RequestKind::Request);
        self.until = now.saturating_add(self.policy.connect_timeout);
    }

    /// A response came.
    pub fn responded(&mut self, head: &ResponseHead<'_>) {
        match self.state {
            State::Fetching(RequestKind::FindRedirect) => {
                self.on_redirect_check(head.is_redirect())
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

    fn check_response(&mut self, head: &ResponseHead<'_>) {
        if self.redirect_guard() == RedirectGuard::Manual && head.is_redirect() {
            return self.fail(Reason::Redirect);
        }
        match head.check() {
            Ok(()) => self.state = State::Opening,
            Err(failure) => self.fail_with(failure),
        }
    }

    /// No response came. To `fetch`, a dead network, a CORS refusal and a redirect that the guard
    /// stopped all look the same.
    pub fn unanswered(&mut self) {
        match self.state {
            State::Fetching(RequestKind::RequestAgain) => {
                let mut failure = Failure::new(Reason::Cors);
                failure.is_resume_refused = self.retry_state.has_opened() && self.can_resume();
                self.fail_with(failure);
            }
            State::Fetching(RequestKind::FindRedirect) => self.on_redirect_check(false),
            State::Fetching(RequestKind::Probe) => self.fail(Reason::Network),
            _ => {
                let probes = self.should_probe();
                self.is_unanswered = true;
                match self.origin {
                    Origin::Same if probes => {
                        self.state = State::Fetching(RequestKind::FindRedirect)
                    }
                    Origin::Other if probes => self.state = State::Fetching(RequestKind::Probe),
                    _ => self.fail(Reason::Network),
                }
            }
        }
    }

    /// *Announce the connection*, and whether it was open before. `rhythm`: how long the stream is
    /// silent at most, as the response says. `expires_at`: when the token does; `is_same_token`: it is
    /// that of the stream before.
    pub fn announce(
        &mut self,
        now: Duration,
        rhythm: Option<Duration>,
        expires_at: Option<Duration>,
        is_same_token: bool,
    ) -> bool {
        let is_resumed = self.retry_state.has_opened();
        self.retry_state.announce(now);
        self.liveness.opened(now);
        self.liveness.announced(rhythm);
        self.renew_at = self.plan_renewal(now, expires_at, is_same_token);
        self.state = State::Reading;
        is_resumed
    }

    /// Bytes came, and were delivered by now; `has_comment` if they held one.
    pub fn sign(&mut self, arrived: Duration, now: Duration, has_comment: bool) {
        self.liveness.sign(arrived, now, has_comment);
    }

    /// What was under way failed, or ended.
    #[inline(never)]
    pub fn fail(&mut self, reason: Reason) {
        self.fail_with(Failure::new(reason));
    }

    /// What is to be judged.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// *Reestablish the connection*, or *fail the connection*. `random` is uniformly random in
    /// `[0, 1)`.
    pub fn decide(&mut self, verdict: Option<Verdict>, now: Duration, random: f64) -> Decision {
        let State::Failed(failure) = &self.state else {
            return Decision::Stop;
        };
        let next = self.retry_state.decide(failure, verdict, now, random);
        match next {
            Decision::Wait(wait) => {
                self.state = State::Waiting;
                self.until = now.saturating_add(wait);
            }
            Decision::Refresh => self.state = State::Restarting(Cause::Unauthorized),
            Decision::Stop => {}
        }
        next
    }

    fn is_closed(&self) -> bool {
        self.retry_state.ready_state() == ReadyState::Closed
    }

    // One copy: it is called from many places.
    #[inline(never)]
    fn fail_with(&mut self, failure: Failure) {
        self.state = State::Failed(Box::new(failure));
    }

    /// Left on purpose, to be connected anew.
    #[inline(never)]
    fn restart(&mut self, cause: Cause) {
        self.retry_state.reconnect();
        self.state = State::Restarting(cause);
    }

    /// A page that is hidden and shown again must not send a request twice that may act twice: the
    /// stream is left only if it may be asked for again, else it is lost.
    fn suspend(&mut self) {
        if self.policy.is_get || self.policy.retry.on != RetryOn::Never {
            self.restart(Cause::Suspension);
        } else {
            self.fail(Reason::Network);
        }
    }

    /// The deadline has passed.
    fn on_deadline(&mut self, now: Duration) {
        match self.state {
            State::Preparing(_) => self.fail(Reason::Auth),
            State::Fetching(_) => self.fail(Reason::Timeout),
            State::Reading if self.liveness.deadline().is_some_and(|at| now >= at) => {
                let reason = self.liveness.stalled(now);
                self.fail(reason);
            }
            State::Reading => self.restart(Cause::Renewal),
            _ => self.state = State::Restarting(Cause::Retry),
        }
    }

    /// Whether our own server redirects.
    fn on_redirect_check(&mut self, is_redirected: bool) {
        match self.redirect_guard() {
            _ if !is_redirected => self.fail(Reason::Network),
            RedirectGuard::SameOriginMode => self.fail(Reason::Redirect),
            _ => self.state = State::Fetching(RequestKind::Probe),
        }
    }

    /// Whether to find out why no response came. The first time in a row is worth a question; where
    /// a stream was open before, all but the first are, because a server that restarts answers
    /// before long. To the standard each refusal is final.
    fn should_probe(&self) -> bool {
        let is_due = self.is_unanswered == self.retry_state.has_opened();
        self.policy.may_probe && (is_due || self.policy.retry.is_spec)
    }

    fn redirect_guard(&self) -> RedirectGuard {
        let is_same_origin = self.origin == Origin::Same;
        self.policy.redirect.guard(self.has_secrets, is_same_origin)
    }

    /// A stream without an ID cannot be resumed: until it has one, no renewal cuts it short.
    fn can_resume(&self) -> bool {
        !self.retry_state.last_event_id().is_empty()
    }

    fn renewal(&self) -> Option<Duration> {
        self.renew_at.filter(|_| self.can_resume())
    }

    /// When to reconnect with a fresh token. Requests that must not be repeated are not; a
    /// provider that answered a renewal with the same token has no fresher one, and one whose
    /// tokens are always about to expire would have us reconnect without end.
    fn plan_renewal(
        &self,
        now: Duration,
        expires_at: Option<Duration>,
        is_same_token: bool,
    ) -> Option<Duration> {
        let wait = renew_in(expires_at?, now, self.policy.renew_before)?;
        let is_futile = self.cause == Cause::Renewal && (is_same_token || wait < SHORTEST_RENEWAL);
        let may_renew = self.policy.is_get && self.policy.can_refresh;
        (may_renew && !is_futile).then(|| now.saturating_add(wait))
    }
}
