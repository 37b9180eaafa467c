//! Reads the parts of a response that decide whether it is an event stream.

use alloc::string::String;

use web_sys::Response;

use super::auth::Auth;
use super::sys;
use crate::connection::{Lifecycle, Millis, ResponseHead, is_nonce_challenge, retry_after};
use crate::event_stream::digits;

/// The parts of a response that the lifecycle checks.
pub(super) struct Head {
    status: u16,
    is_opaque_redirect: bool,
    content_type: Option<String>,
    retry_after: Option<Millis>,
    is_rejection: bool,
    is_nonce_challenge: bool,
}

impl Head {
    /// `auth` decides whether the response rejects the token.
    pub(super) fn of(response: &Response, auth: Option<&Auth>) -> Self {
        let header = |name| response.headers().get(name).ok().flatten();
        let kind = sys::member(response, "type").and_then(|kind| kind.as_string());
        Self {
            status: response.status(),
            is_opaque_redirect: kind.as_deref() == Some("opaqueredirect"),
            content_type: header("Content-Type"),
            retry_after: header("Retry-After").and_then(|value| {
                retry_after(&value, js_sys::Date::now(), |date| {
                    js_sys::Date::parse(date)
                })
            }),
            is_rejection: auth.is_some_and(|auth| auth.is_rejection(response.status())),
            is_nonce_challenge: header("WWW-Authenticate")
                .is_some_and(|value| is_nonce_challenge(&value)),
        }
    }

    /// Reports the response to the lifecycle.
    pub(super) fn report(&self, lifecycle: &mut Lifecycle) {
        lifecycle.responded(&ResponseHead {
            status: self.status,
            is_opaque_redirect: self.is_opaque_redirect,
            content_type: self.content_type.as_deref(),
            retry_after: self.retry_after,
            is_rejection: self.is_rejection,
            is_nonce_challenge: self.is_nonce_challenge,
        });
    }
}

/// The longest pause of the stream, according to the header `SSE-Heartbeat` in seconds.
pub(super) fn heartbeat_interval(response: &Response) -> Option<Millis> {
    let seconds = response.headers().get("SSE-Heartbeat").ok()??;
    digits(seconds.as_bytes()).map(Millis::from_secs)
}
