//! A lifecycle under test, with its clock.

use core::time::Duration;

use authenticated_event_source::connection::{
    Cause, Decision, Interrupt, Lifecycle, Origin, Policy, Reason, RequestKind, ResponseFacts,
    Step, TokenLife, Verdict,
};

pub(crate) const START: Duration = Duration::from_secs(1_800_000_000);

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A lifecycle, its clock, and whether its requests carry secrets.
pub(crate) struct Life {
    pub(crate) life: Lifecycle,
    pub(crate) now: Duration,
    pub(crate) has_secrets: bool,
}

impl Life {
    pub(crate) fn new(policy: Policy) -> Self {
        let has_secrets = policy.retries_rejection;
        let life = Lifecycle::new(policy, String::new());
        Self {
            life,
            now: START,
            has_secrets,
        }
    }

    pub(crate) fn step(&mut self) -> Step {
        self.life.step(self.now.into())
    }

    /// Whether what is under way is over after this time.
    pub(crate) fn is_over_after(&mut self, time: Duration) -> bool {
        self.now += time;
        self.life.check(self.now.into())
    }

    /// Up to the request that is on its way.
    pub(crate) fn send(&mut self, cause: Cause, origin: Origin) {
        assert_eq!(self.step(), Step::Prepare(cause));
        self.life.guard(origin, self.has_secrets);
        self.life.prepared(self.now.into());
        assert_eq!(self.step(), Step::Fetch(RequestKind::Request));
    }

    /// Up to an open stream.
    pub(crate) fn open(&mut self, cause: Cause) -> bool {
        self.send(cause, Origin::Same);
        self.life.responded(&head(200));
        assert_eq!(self.step(), Step::Open);
        self.announce(None, false)
    }

    pub(crate) fn announce(&mut self, expires_at: Option<Duration>, is_same: bool) -> bool {
        let token = expires_at.map(|expires_at| TokenLife {
            expires_at: expires_at.into(),
            issued_at: None,
        });
        self.life.set_token(token, !is_same, self.now.into());
        let is_resumed = self.life.announce(self.now.into(), self.now.into(), None);
        assert_eq!(self.step(), Step::Read);
        is_resumed
    }

    pub(crate) fn deliver(&mut self, last_event_id: &str) {
        let connection = self.life.retry_state_mut();
        connection.on_event();
        connection.set_last_event_id(last_event_id);
    }

    pub(crate) fn reason(&mut self) -> Reason {
        assert_eq!(self.step(), Step::Decide);
        self.life.failure().expect("there is one to judge").reason
    }

    pub(crate) fn judge(&mut self, verdict: Option<Verdict>) -> Decision {
        self.life
            .decide(verdict.map(Into::into), self.now.into(), 0.0)
    }

    /// Judges a loss, and waits.
    pub(crate) fn retry(&mut self, reason: Reason) {
        assert_eq!(self.reason(), reason);
        let Decision::Wait(wait) = self.judge(None) else {
            panic!("{reason:?} is not retried");
        };
        assert_eq!(self.step(), Step::Wait);
        assert!(!self.is_over_after(Duration::from(wait) - SECOND / 1000));
        assert!(self.is_over_after(SECOND / 1000));
        assert_eq!(self.step(), Step::Restart(Cause::Retry));
    }

    pub(crate) fn interrupt(&mut self, interrupt: Interrupt) -> bool {
        self.life.interrupt(interrupt);
        self.life.check(self.now.into())
    }
}

pub(crate) fn head(status: u16) -> ResponseFacts<'static> {
    ResponseFacts {
        status,
        is_opaque_redirect: false,
        content_type: Some("text/event-stream"),
        retry_after: None,
        is_rejection: status == 401,
        is_nonce_challenge: false,
    }
}

pub(crate) fn opaque_redirect() -> ResponseFacts<'static> {
    ResponseFacts {
        is_opaque_redirect: true,
        content_type: None,
        ..head(0)
    }
}

pub(crate) fn secret() -> Policy {
    Policy {
        retries_rejection: true,
        can_renew: true,
        ..Policy::default()
    }
}
