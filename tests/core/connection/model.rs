//! The invariants after any sequence of outcomes. The model receives the same inputs as the connection, and
//! compares the decisions with its own.
use core::time::Duration;

use authenticated_event_source::connection::{
    Decision, Failure, ReadyState, Reason, Retry, RetryOn, RetryState, Verdict,
};
use authenticated_event_source::event_stream::EventStreamParser;
use proptest::prelude::*;

use crate::strategies::{Policy, failure, policy, random, time, verdict};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    TimePasses(Duration),
    Announced,
    /// Whole blocks of an event stream.
    Streamed(String),
    Interrupted {
        failure: Failure,
        verdict: Option<Verdict>,
        random: f64,
    },
    Reconnect,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let interrupted =
        (failure(), verdict(), random()).prop_map(|(failure, verdict, random)| Step::Interrupted {
            failure,
            verdict,
            random,
        });
    prop_oneof![
        5 => time().prop_map(Step::TimePasses),
        8 => Just(Step::Announced),
        8 => stream().prop_map(Step::Streamed),
        16 => interrupted,
        1 => Just(Step::Reconnect),
        1 => Just(Step::Close),
    ]
}

fn stream() -> impl Strategy<Value = String> {
    prop_oneof![
        "id: [0-9]{0,2}\ndata: a\n\n",
        "id: [0-9\u{e9}]{0,2}\n\n",
        "data: a\n\n",
        "retry: [0-9]{1,9}\n",
        ": a\n\n",
    ]
}

/// The expected state of the connection, in the simplest form.
struct Model {
    policy: Policy,
    retries_rejection: bool,
    now: Duration,
    open_since: Option<Duration>,
    was_open: bool,
    is_closed: bool,
    last_event_id: String,
    reconnection_time: Duration,
    retries_in_a_row: u32,
    refreshed_in_a_row: u32,
}

impl Model {
    fn new(policy: &Policy, retries_rejection: bool, last_event_id: &str) -> Self {
        Self {
            policy: policy.clone(),
            retries_rejection,
            now: Duration::ZERO,
            open_since: None,
            was_open: false,
            is_closed: false,
            last_event_id: last_event_id.to_owned(),
            reconnection_time: policy.initial_delay,
            retries_in_a_row: 0,
            refreshed_in_a_row: 0,
        }
    }

    fn check(&self, connection: &RetryState) {
        let state = match (self.is_closed, self.open_since) {
            (true, _) => ReadyState::Closed,
            (false, Some(_)) => ReadyState::Open,
            (false, None) => ReadyState::Connecting,
        };
        assert_eq!(connection.ready_state(), state);
        assert_eq!(connection.last_event_id(), self.last_event_id);
        let reconnection_time = Duration::from(connection.reconnection_time());
        assert_eq!(reconnection_time, self.reconnection_time);
        assert!(connection.retries() <= self.policy.max_retries);
    }

    fn announced(&mut self) {
        if !self.is_closed && self.open_since.is_none() {
            self.open_since = Some(self.now);
            self.was_open = true;
            self.refreshed_in_a_row = 0;
        }
    }

    /// The effect of one of the blocks of [`stream`].
    fn streamed(&mut self, stream: &str) {
        for line in stream.lines() {
            if let Some(id) = line.strip_prefix("id: ") {
                id.clone_into(&mut self.last_event_id);
            } else if let Some(digits) = line.strip_prefix("retry: ") {
                let time = Duration::from_millis(digits.parse().expect("nine digits fit"));
                let longest = match self.policy.is_spec {
                    true => Duration::MAX,
                    false => Duration::from_secs(3600),
                };
                self.reconnection_time = time.clamp(Duration::from_millis(100), longest);
            } else if line.starts_with("data") {
                self.retries_in_a_row = 0;
            }
        }
    }

    /// Asserts that the decision is allowed.
    fn interrupted(&mut self, failure: &Failure, verdict: Option<Verdict>, next: Decision) {
        if self.is_closed {
            assert_eq!(next, Decision::Stop, "a terminal state is terminal");
            return;
        }
        let life = self.open_since.take().map(|since| self.now - since);
        if life.is_some_and(|life| life >= self.policy.reset_after) {
            self.retries_in_a_row = 0;
        }
        if failure.reason != Reason::Unauthorized {
            self.refreshed_in_a_row = 0;
        }
        match next {
            Decision::Stop => self.stopped(failure, verdict),
            Decision::Refresh => self.refreshed(failure, verdict),
            Decision::UseNonce => panic!("no failure of the model has a challenge"),
            Decision::Wait(wait) => self.waits(failure, verdict, wait.into()),
        }
    }

    /// It stops only if it must.
    fn stopped(&mut self, failure: &Failure, verdict: Option<Verdict>) {
        let is_used_up = self.retries_in_a_row >= self.policy.max_retries;
        let may_stop = match verdict {
            Some(Verdict::Stop) => true,
            Some(_) => is_used_up,
            None => is_used_up || !self.passes(failure),
        };
        assert!(may_stop, "it gave up on {failure:?}");
        assert!(
            verdict.is_some() || !self.is_refresh_allowed(failure),
            "no refresh was tried"
        );
        self.is_closed = true;
    }

    fn refreshed(&mut self, failure: &Failure, verdict: Option<Verdict>) {
        assert_eq!(verdict, None, "the caller has the last word");
        assert!(
            self.is_refresh_allowed(failure),
            "a refresh for {failure:?}"
        );
        self.refreshed_in_a_row += 1;
    }

    /// One refresh per failure.
    fn is_refresh_allowed(&self, failure: &Failure) -> bool {
        failure.reason == Reason::Unauthorized
            && self.retries_rejection
            && self.refreshed_in_a_row == 0
    }

    fn waits(&mut self, failure: &Failure, verdict: Option<Verdict>, wait: Duration) {
        self.retries_in_a_row += 1;
        assert!(
            self.retries_in_a_row <= self.policy.max_retries,
            "more retries than allowed"
        );
        match verdict {
            Some(Verdict::Stop) => panic!("the caller said stop"),
            Some(Verdict::RetryAfter(chosen)) => {
                assert_eq!(wait, chosen.min(Retry::MAX_RECONNECTION_TIME));
                return;
            }
            Some(_) => {}
            None => assert!(self.passes(failure), "a retry after {failure:?}"),
        }
        let (least, most) = self.bounds(failure);
        // The wait is computed in floating point: a millisecond, more for longer times.
        let rounding = Duration::from_millis(1) + most.div_f64(1e12);
        assert!(least <= wait, "{wait:?} undercuts {least:?}");
        assert!(wait <= most + rounding, "{wait:?} is longer than {most:?}");
    }

    /// The table of the design: what is worth a retry.
    fn passes(&self, failure: &Failure) -> bool {
        let is_transient = match failure.reason {
            Reason::Network | Reason::Timeout | Reason::End => true,
            Reason::Stalled | Reason::Mute | Reason::Auth => true,
            Reason::Status => {
                let transient = [408, 425, 429, 500, 502, 503, 504];
                !self.policy.is_spec && transient.map(Some).contains(&failure.status)
            }
            Reason::Cors => !self.policy.is_spec && self.was_open,
            _ => false,
        };
        let is_wanted = match self.policy.on {
            RetryOn::Always => true,
            RetryOn::Error => failure.reason != Reason::End,
            _ => false,
        };
        is_transient && is_wanted
    }

    /// The shortest and the longest wait before this retry.
    fn bounds(&self, failure: &Failure) -> (Duration, Duration) {
        let base = self.reconnection_time;
        let least = base.max(failure.retry_after().unwrap_or_default());
        let growth = self.policy.multiplier.powi(self.retries_in_a_row as i32);
        let grown = Duration::try_from_secs_f64(base.as_secs_f64() * growth);
        (
            least,
            least.max(grown.unwrap_or(Duration::MAX).min(self.policy.max_delay)),
        )
    }
}

/// Commits each item, as the reader of a body does.
pub(crate) fn deliver(connection: &mut RetryState, stream: &str) {
    let mut parser = EventStreamParser::new();
    parser.reset(connection.last_event_id());
    parser.feed(stream.as_bytes());
    while let Some(item) = parser.next_item() {
        connection.commit(&item);
    }
}

/// A policy, and a sequence of events that happen to its connection.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) policy: Policy,
    pub(crate) retries_rejection: bool,
    pub(crate) start: String,
    pub(crate) steps: Vec<Step>,
}

prop_compose! {
    pub(crate) fn life()(
        policy in policy(),
        retries_rejection in any::<bool>(),
        start in "[a-z]{0,2}",
        steps in proptest::collection::vec(step(), 0..60),
    ) -> Life {
        Life { policy, retries_rejection, start, steps }
    }
}

impl Life {
    /// # Panics
    /// If the connection does what it must not.
    pub(crate) fn check(&self) {
        let policy = self.policy.retry.clone();
        let mut connection = RetryState::new(policy, self.retries_rejection, self.start.clone());
        let mut model = Model::new(&self.policy, self.retries_rejection, &self.start);
        model.check(&connection);
        for step in &self.steps {
            take(step, &mut connection, &mut model);
            model.check(&connection);
        }
    }
}

fn take(step: &Step, connection: &mut RetryState, model: &mut Model) {
    match step {
        Step::TimePasses(time) => model.now += *time,
        Step::Announced => {
            connection.announce(model.now.into());
            model.announced();
        }
        // Nothing comes from a stream that is not open.
        Step::Streamed(_) if model.open_since.is_none() => {}
        Step::Streamed(stream) => {
            deliver(connection, stream);
            model.streamed(stream);
        }
        Step::Interrupted {
            failure,
            verdict,
            random,
        } => {
            let next =
                connection.decide(failure, verdict.map(Into::into), model.now.into(), *random);
            model.interrupted(failure, *verdict, next);
        }
        Step::Reconnect => {
            connection.restart();
            model.refreshed_in_a_row = 0;
            model.open_since = None;
        }
        Step::Close => {
            connection.close();
            model.is_closed = true;
            model.open_since = None;
        }
    }
}
