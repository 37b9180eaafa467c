use alloc::boxed::Box;
use alloc::string::String;

use super::{
    Connection, Failure, HeartbeatTimeout, Liveness, Next, ReadyState, Reason, RedirectGuard,
    RedirectPolicy, ResponseHead, Retry, RetryOn, Verdict, renew_in,
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
    Fetch(Sending),
    /// The response is an event stream: [announce](Lifecycle::announce) it, or say what was lost.
    Open,
    /// Read the stream until it ends.
    Read,
    /// Ask the caller for a last word on the [failure](Lifecycle::failure), and say what was
    /// [judged](Lifecycle::judged).
    Judge,
    /// The connection is made anew, at once: tell it. Then go on.
    Leave(Cause),
    /// Wait.
    Wait,
    /// Nothing, ever again.
    Stop,
}

/// What is sent in one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
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
    Fetching(Sending),
    Opening,
    Reading,
    Lost(Box<Failure>),
    Left(Cause),
    /// The page is away, and the connection was let go.
    Away,
    Waiting,
}

/// The life of a source, step by step ([WHATWG HTML §9.2.3]). It does nothing by itself: whoever
/// drives it does what [`step`](Self::step) says, and says what came of it. While that takes time,
/// [`check`](Self::check) tells whether to go on with it.
///
/// ```
/// use authenticated_event_source::connection::{Cause, Lifecycle, Origin, Policy, Sending, Step};
/// use std::time::Duration;
///
/// let now = Duration::from_secs(1_800_000_000);
/// let mut life = Lifecycle::new(Policy::default(), String::new());
/// assert_eq!(life.step(now), Step::Prepare(Cause::Start));
/// life.guard(Origin::Same, false);
/// life.prepared(now);
/// assert_eq!(life.step(now), Step::Fetch(Sending::Request));
/// ```
///
/// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
#[derive(Debug)]
pub struct Lifecycle {
    policy: Policy,
    connection: Connection,
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
            connection: Connection::new(policy.retry.clone(), policy.can_refresh, last_event_id),
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
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same, to be changed by what was delivered.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The number of the attempt under way, from 1, since the connection was last healthy.
    pub fn attempt(&self) -> u32 {
        self.connection.retries().saturating_add(1)
    }

    /// What to do next.
    pub fn step(&mut self, now: Duration) -> Step {
        if self.is_closed() {
            return Step::Stop;
        }
        if matches!(self.state, State::Starting(_)) && self.is_suspended {
            self.leave(Cause::Suspension);
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
            State::Fetching(sending) => Step::Fetch(sending),
            State::Opening => Step::Open,
            State::Reading => Step::Read,
            State::Lost(ref failure) if self.connection.is_refresh_due(failure) => {
                // The verdict and the dice count for nothing here.
                self.judged(None, now, 0.0);
                self.step(now)
            }
            State::Lost(_) => Step::Judge,
            State::Left(cause) => {
                self.state = match cause {
                    Cause::Suspension => State::Away,
                    _ => State::Starting(cause),
                };
                Step::Leave(cause)
            }
            State::Away | State::Waiting => Step::Wait,
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
            ) => self.leave(Cause::Reconnect),
            (State::Preparing(_) | State::Waiting, Some(Interrupt::Suspend)) => {
                self.leave(Cause::Suspension);
            }
            (State::Fetching(_) | State::Reading, Some(Interrupt::Suspend)) => self.suspend(),
            (State::Waiting, Some(Interrupt::Wake)) => self.state = State::Left(Cause::Retry),
            (State::Away, _) if !self.is_suspended => {
                self.state = State::Starting(Cause::Suspension);
            }
            _ if is_late => self.run_out(now),
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
    pub fn suspend_if(&mut self, is_suspended: bool) {
        if is_suspended && !self.is_suspended {
            self.interrupt(Interrupt::Suspend);
        }
        self.is_suspended = is_suspended;
    }

    /// Whether the stream being read is to be left: what was parsed but not delivered comes again
    /// after the reconnect.
    pub fn is_leaving(&self) -> bool {
        let is_interrupted = matches!(
            self.interrupt,
            Some(Interrupt::Reconnect | Interrupt::Suspend)
        );
        is_interrupted || self.is_closed()
    }

    /// Closes for good.
    pub fn close(&mut self) {
        self.connection.close();
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
            return self.lost(Reason::Request);
        }
        self.state = State::Fetching(Sending::Request);
        self.until = now.saturating_add(self.policy.connect_timeout);
    }

    /// A response came.
    pub fn responded(&mut self, head: &ResponseHead<'_>) {
        match self.state {
            State::Fetching(Sending::FindRedirect) => self.found_out(head.is_redirect()),
            State::Fetching(Sending::Probe) => {
                self.state = State::Fetching(Sending::RequestAgain);
            }
            _ => {
                self.is_unanswered = false;
                self.answered(head);
            }
        }
    }

    fn answered(&mut self, head: &ResponseHead<'_>) {
        if self.redirect_guard() == RedirectGuard::Manual && head.is_redirect() {
            return self.lost(Reason::Redirect);
        }
        match head.check() {
            Ok(()) => self.state = State::Opening,
            Err(failure) => self.lose(failure),
        }
    }

    /// No response came. To `fetch`, a dead network, a CORS refusal and a redirect that the guard
    /// stopped all look the same.
    pub fn unanswered(&mut self) {
        match self.state {
            State::Fetching(Sending::RequestAgain) => {
                let mut failure = Failure::new(Reason::Cors);
                failure.is_resume_refused = self.connection.has_opened() && self.can_resume();
                self.lose(failure);
            }
            State::Fetching(Sending::FindRedirect) => self.found_out(false),
            State::Fetching(Sending::Probe) => self.lost(Reason::Network),
            _ => {
                let probes = self.probes();
                self.is_unanswered = true;
                match self.origin {
                    Origin::Same if probes => self.state = State::Fetching(Sending::FindRedirect),
                    Origin::Other if probes => self.state = State::Fetching(Sending::Probe),
                    _ => self.lost(Reason::Network),
                }
            }
        }
    }

    /// *Announce the connection*, and whether it was open before. `rhythm`: how long the stream is
    /// silent at most, as the response says. `expires_at`: when the token does; `is_same`: it is
    /// that of the stream before.
    pub fn announce(
        &mut self,
        now: Duration,
        rhythm: Option<Duration>,
        expires_at: Option<Duration>,
        is_same: bool,
    ) -> bool {
        let is_resumed = self.connection.has_opened();
        self.connection.announce(now);
        self.liveness.opened(now);
        self.liveness.announced(rhythm);
        self.renew_at = self.plan_renewal(now, expires_at, is_same);
        self.state = State::Reading;
        is_resumed
    }

    /// Bytes came, and were delivered by now; `has_comment` if they held one.
    pub fn sign(&mut self, arrived: Duration, now: Duration, has_comment: bool) {
        self.liveness.sign(arrived, now, has_comment);
    }

    /// What was under way failed, or ended.
    #[inline(never)]
    pub fn lost(&mut self, reason: Reason) {
        self.lose(Failure::new(reason));
    }

    /// What is to be judged.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Lost(failure) => Some(failure),
            _ => None,
        }
    }

    /// *Reestablish the connection*, or *fail the connection*. `dice` is uniformly random in
    /// `[0, 1)`.
    pub fn judged(&mut self, verdict: Option<Verdict>, now: Duration, dice: f64) -> Next {
        let State::Lost(failure) = &self.state else {
            return Next::Stop;
        };
        let next = self.connection.interrupted(failure, verdict, now, dice);
        match next {
            Next::Wait(wait) => {
                self.state = State::Waiting;
                self.until = now.saturating_add(wait);
            }
            Next::Refresh => self.state = State::Left(Cause::Unauthorized),
            Next::Stop => {}
        }
        next
    }

    fn is_closed(&self) -> bool {
        self.connection.ready_state() == ReadyState::Closed
    }

    // One copy: it is called from many places.
    #[inline(never)]
    fn lose(&mut self, failure: Failure) {
        self.state = State::Lost(Box::new(failure));
    }

    /// Left on purpose, to be connected anew.
    #[inline(never)]
    fn leave(&mut self, cause: Cause) {
        self.connection.reconnect();
        self.state = State::Left(cause);
    }

    /// A page that is hidden and shown again must not send a request twice that may act twice: the
    /// stream is left only if it may be asked for again, else it is lost.
    fn suspend(&mut self) {
        if self.policy.is_get || self.policy.retry.on != RetryOn::Never {
            self.leave(Cause::Suspension);
        } else {
            self.lost(Reason::Network);
        }
    }

    /// The deadline has passed.
    fn run_out(&mut self, now: Duration) {
        match self.state {
            State::Preparing(_) => self.lost(Reason::Auth),
            State::Fetching(_) => self.lost(Reason::Timeout),
            State::Reading if self.liveness.deadline().is_some_and(|at| now >= at) => {
                let reason = self.liveness.stalled(now);
                self.lost(reason);
            }
            State::Reading => self.leave(Cause::Renewal),
            _ => self.state = State::Left(Cause::Retry),
        }
    }

    /// Whether our own server redirects.
    fn found_out(&mut self, is_redirected: bool) {
        match self.redirect_guard() {
            _ if !is_redirected => self.lost(Reason::Network),
            RedirectGuard::SameOriginMode => self.lost(Reason::Redirect),
            _ => self.state = State::Fetching(Sending::Probe),
        }
    }

    /// Whether to find out why no response came. The first time in a row is worth a question; where
    /// a stream was open before, all but the first are, because a server that restarts answers
    /// before long. To the standard each refusal is final.
    fn probes(&self) -> bool {
        let is_due = self.is_unanswered == self.connection.has_opened();
        self.policy.may_probe && (is_due || self.policy.retry.is_spec)
    }

    fn redirect_guard(&self) -> RedirectGuard {
        let is_same_origin = self.origin == Origin::Same;
        self.policy.redirect.guard(self.has_secrets, is_same_origin)
    }

    /// A stream without an ID cannot be resumed: until it has one, no renewal cuts it short.
    fn can_resume(&self) -> bool {
        !self.connection.last_event_id().is_empty()
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
        is_same: bool,
    ) -> Option<Duration> {
        let wait = renew_in(expires_at?, now, self.policy.renew_before)?;
        let is_futile = self.cause == Cause::Renewal && (is_same || wait < SHORTEST_RENEWAL);
        let may_renew = self.policy.is_get && self.policy.can_refresh;
        (may_renew && !is_futile).then(|| now.saturating_add(wait))
    }
}
