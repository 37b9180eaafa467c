//! `[NON-SPEC]` When the token of an open stream is renewed, also by a wrong clock.
use authenticated_event_source::connection::{
    Cause, Lifecycle, Millis, Origin, Policy, RequestKind, ResponseFacts, Step, TokenLife,
};

const OK: ResponseFacts<'static> = ResponseFacts {
    status: 200,
    is_opaque_redirect: false,
    content_type: Some("text/event-stream"),
    retry_after: None,
    is_rejection: false,
    is_nonce_challenge: false,
};

/// A source, its clock in seconds, and how far wall time is ahead of the issuer's.
struct Source {
    lifecycle: Lifecycle,
    now: i64,
    ahead: i64,
}

impl Source {
    fn new(ahead: i64) -> Self {
        let policy = Policy {
            retries_rejection: true,
            can_renew: true,
            ..Policy::default()
        };
        Self {
            lifecycle: Lifecycle::new(policy, String::from("7")),
            now: 0,
            ahead,
        }
    }

    fn now(&self) -> Millis {
        seconds(self.now)
    }

    /// The times of a token that was issued `age` seconds ago and lives for `lifetime` seconds.
    fn token(&self, age: i64, lifetime: i64) -> TokenLife {
        let issued_at = EPOCH + self.now - age;
        TokenLife {
            expires_at: seconds(issued_at + lifetime),
            issued_at: Some(seconds(issued_at)),
        }
    }

    /// Opens a stream with this token.
    fn open(&mut self, cause: Cause, token: TokenLife) {
        let unix = seconds(EPOCH + self.now + self.ahead);
        assert_eq!(self.lifecycle.step(self.now()), Step::Prepare(cause));
        self.lifecycle.set_token(Some(token), true, unix);
        self.lifecycle.guard(Origin::Same, true);
        self.lifecycle.prepared(self.now());
        let step = self.lifecycle.step(self.now());
        assert_eq!(step, Step::Fetch(RequestKind::Request));
        self.lifecycle.responded(&OK);
        self.lifecycle.step(self.now());
        self.lifecycle.announce(self.now(), unix, None);
    }

    /// The seconds until the renewal.
    fn renewal(&self) -> Option<i64> {
        let at = self.lifecycle.deadline()?;
        Some(at.saturating_sub(self.now()).get() as i64 / 1000)
    }

    /// Waits until the renewal.
    fn renew(&mut self) {
        self.now += self.renewal().expect("a renewal");
        assert!(self.lifecycle.check(self.now()));
        let step = self.lifecycle.step(self.now());
        assert_eq!(step, Step::Restart(Cause::Renewal));
    }
}

const EPOCH: i64 = 1_800_000_000;

fn seconds(time: i64) -> Millis {
    Millis::from_secs(time.unsigned_abs())
}

#[test]
fn a_short_token_is_renewed_at_half_of_its_life() {
    let mut source = Source::new(0);
    source.open(Cause::Start, source.token(0, 40));
    assert_eq!(source.renewal(), Some(20));
}

#[test]
fn a_clock_that_is_ahead_is_corrected_by_the_first_renewal() {
    let mut source = Source::new(294);
    source.open(Cause::Start, source.token(0, 300));
    assert_eq!(source.renewal(), Some(3), "the clock is trusted at first");
    source.renew();
    source.open(Cause::Renewal, source.token(0, 300));
    assert_eq!(source.renewal(), Some(270));
}

#[test]
fn a_clock_that_is_behind_is_corrected_by_a_refresh() {
    let mut source = Source::new(-3600);
    source.open(Cause::Start, source.token(0, 300));
    assert_eq!(source.renewal(), Some(3870));
    source
        .lifecycle
        .fail(authenticated_event_source::connection::Reason::Unauthorized);
    source.lifecycle.step(source.now());
    source.open(Cause::Unauthorized, source.token(0, 300));
    assert_eq!(source.renewal(), Some(270));
}

/// The app may have cached it.
#[test]
fn the_first_token_does_not_correct_the_clock() {
    let mut source = Source::new(0);
    source.open(Cause::Start, source.token(200, 300));
    assert_eq!(source.renewal(), Some(70));
}

#[test]
fn two_renewals_are_at_least_a_tenth_of_the_lifetime_apart() {
    let mut source = Source::new(0);
    source.open(Cause::Start, source.token(296, 300));
    source.renew();
    // The issuer's own clock changes, so that the correction does not fit.
    source.ahead = 0;
    source.open(Cause::Renewal, source.token(0, 300));
    source.ahead = 296;
    source
        .lifecycle
        .fail(authenticated_event_source::connection::Reason::End);
    assert_eq!(source.lifecycle.step(source.now()), Step::Decide);
    source.lifecycle.decide(None, source.now(), 0.0);
    source.now += 3;
    assert!(source.lifecycle.check(source.now()));
    assert_eq!(
        source.lifecycle.step(source.now()),
        Step::Restart(Cause::Retry)
    );
    source.open(Cause::Retry, source.token(0, 300));
    assert_eq!(source.renewal(), Some(27), "30 s after the renewal");
}

#[test]
fn a_token_is_renewed_while_the_delivery_of_a_chunk_waits() {
    let mut source = Source::new(0);
    source.open(Cause::Start, source.token(0, 300));
    source.lifecycle.on_delivery();
    assert_eq!(source.renewal(), Some(270));
    source.renew();
    assert!(source.lifecycle.must_stop_reading());
    // The rest of the chunk does not count.
    source.lifecycle.on_bytes(source.now(), source.now(), false);
    let step = source.lifecycle.step(source.now());
    assert_eq!(step, Step::Prepare(Cause::Renewal));
}
