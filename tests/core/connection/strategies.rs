//! Random policies, failures and times.
use core::time::Duration;

use authenticated_event_source::connection::{
    Detail, Failure, Jitter, Reason, Retry, RetryOn, Verdict,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;

pub(crate) const REASONS: [Reason; 15] = [
    Reason::Network,
    Reason::Timeout,
    Reason::Stalled,
    Reason::Mute,
    Reason::End,
    Reason::Status,
    Reason::NoContent,
    Reason::ContentType,
    Reason::Redirect,
    Reason::Unauthorized,
    Reason::Auth,
    Reason::Cors,
    Reason::TooLarge,
    Reason::Request,
    Reason::Csp,
];

pub(crate) const STATUSES: [u16; 13] = [
    400, 403, 408, 410, 425, 429, 500, 500, 501, 502, 503, 503, 504,
];

/// See properties.rs of the event stream for what is printed and kept on failure.
pub(crate) fn config() -> ProptestConfig {
    let file = "tests/core/connection/properties.proptest-regressions";
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

/// A policy with the values that it was made of, because they cannot be asked for.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) retry: Retry,
    pub(crate) initial_delay: Duration,
    pub(crate) max_delay: Duration,
    pub(crate) multiplier: f64,
    pub(crate) max_retries: u32,
    pub(crate) reset_after: Duration,
    pub(crate) on: RetryOn,
    pub(crate) is_spec: bool,
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![9 => ours(), 1 => Just(spec())]
}

pub(crate) fn spec() -> Policy {
    Policy {
        retry: Retry::spec(),
        initial_delay: Duration::from_secs(3),
        max_delay: Duration::from_secs(30),
        multiplier: 1.0,
        max_retries: u32::MAX,
        reset_after: Duration::from_secs(5),
        on: RetryOn::Always,
        is_spec: true,
    }
}

prop_compose! {
    fn ours()(
        initial_delay in time(),
        max_delay in time(),
        multiplier in 1.0_f64..4.0,
        jitter in select(&[Jitter::Full, Jitter::None][..]),
        max_retries in prop_oneof![Just(u32::MAX), 0_u32..5],
        reset_after in time(),
        on in select(&[RetryOn::Always, RetryOn::Always, RetryOn::Error, RetryOn::Never][..]),
    ) -> Policy {
        Policy::ours(initial_delay, max_delay, multiplier, jitter, max_retries, reset_after, on)
    }
}

impl Policy {
    pub(crate) fn ours(
        initial_delay: Duration,
        max_delay: Duration,
        multiplier: f64,
        jitter: Jitter,
        max_retries: u32,
        reset_after: Duration,
        on: RetryOn,
    ) -> Self {
        let retry = Retry::default()
            .initial_delay(initial_delay)
            .max_delay(max_delay)
            .multiplier(multiplier)
            .jitter(jitter)
            .max_retries(max_retries)
            .reset_after(reset_after)
            .on(on);
        Self {
            retry,
            initial_delay: initial_delay.max(Duration::from_millis(1)),
            max_delay,
            multiplier,
            max_retries,
            reset_after,
            on,
            is_spec: false,
        }
    }
}

/// Up to a minute, mostly.
pub(crate) fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        9 => (0_u64..60_000).prop_map(Duration::from_millis),
        1 => (0_u64..10_000_000_000).prop_map(Duration::from_millis),
    ]
}

/// All that the type allows.
pub(crate) fn any_time() -> impl Strategy<Value = Duration> {
    let any = (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(s, ns)| Duration::new(s, ns));
    prop_oneof![
        time(),
        any,
        Just(Duration::MAX),
        Just(Duration::from_millis(u64::MAX))
    ]
}

/// Uniformly random in `[0, 1)`, and often at its ends.
pub(crate) fn random() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0_f64..1.0, 1 => Just(0.0), 1 => Just(1.0 - f64::EPSILON)]
}

prop_compose! {
    pub(crate) fn failure()(
        // Most failures are fatal; then there would be no sequence.
        reason in prop_oneof![
            1 => select(&REASONS[..]),
            4 => select(&[Reason::Network, Reason::End, Reason::Unauthorized, Reason::Status][..]),
        ],
        status in select(&STATUSES[..]),
        retry_after in proptest::option::weighted(
            0.2,
            (0_u64..3600).prop_map(Duration::from_secs),
        ),
        is_resume_refused in any::<bool>(),
    ) -> Failure {
        failure_of(reason, status, retry_after, is_resume_refused)
    }
}

/// What comes with a reason, and only with that one.
pub(crate) fn failure_of(
    reason: Reason,
    status: u16,
    retry_after: Option<Duration>,
    is_resume_refused: bool,
) -> Failure {
    let mut failure = Failure::new(reason);
    match reason {
        Reason::Status => {
            failure.status = Some(status);
            failure.retry_after = retry_after.map(Into::into);
        }
        Reason::Cors => failure.detail = is_resume_refused.then_some(Detail::ResumeRefused),
        _ => {}
    }
    failure
}

pub(crate) fn verdict() -> impl Strategy<Value = Option<Verdict>> {
    prop_oneof![
        10 => Just(None),
        1 => Just(Some(Verdict::Retry)),
        1 => time().prop_map(|wait| Some(Verdict::RetryAfter(wait))),
        1 => Just(Some(Verdict::Stop)),
    ]
}
