//! The connection ([WHATWG HTML §9.2.3]), and our policy where the standard is silent.
//!
//! All of it is pure: no file reads a clock, draws a random number or knows a browser. Time and
//! randomness are arguments, and waits are results. A time is a wait, or a moment by the [`Clock`] of
//! the source. Wall time is called `unix_now`.
//!
//! This module documents the options and errors of the Rust API: [`Retry`], [`HeartbeatTimeout`],
//! [`RedirectPolicy`], [`Failure`]. The code that drives a source is hidden, because it carries no
//! promise: its callers are `browser`, `bindings` and the tests.
//!
//! [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model

// In reading order.
mod machine;
mod probe;
mod renewal;
mod retry_state;

mod clock;
mod failure;
mod last_event_id;
mod liveness;
mod millis;
mod pace;
mod ready_state;
mod redirect_policy;
mod response_check;
mod retry;

pub use failure::{Detail, Failure, Reason};
pub use liveness::HeartbeatTimeout;
pub use machine::Cause;
pub use ready_state::ReadyState;
pub use redirect_policy::RedirectPolicy;
pub use retry::{Jitter, Retry, RetryOn};
pub use retry_state::Verdict;

#[doc(hidden)]
pub use {
    clock::Clock,
    last_event_id::{header_value, with_param},
    liveness::{Liveness, SilenceLimit},
    machine::{Interrupt, Lifecycle, Origin, Policy, RequestKind, Step},
    millis::Millis,
    pace::Pace,
    redirect_policy::{RedirectGuard, is_secret_header},
    renewal::{DEFAULT_RENEW_BEFORE, TokenLife, renew_in},
    response_check::{ResponseFacts, is_nonce_challenge, retry_after},
    retry_state::{Decision, RetryOverride, RetryState},
};
