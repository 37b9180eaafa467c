//! CORS: which origins may read responses.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::Config;
use crate::sse::headers::{SSE_HEARTBEAT, SSE_RESUMED_FROM};

/// Allows the configured origins to read responses, with credentials. `Vary: Origin` keeps caches
/// from serving the response of one origin to another.
pub(super) fn cors(config: &Config) -> CorsLayer {
    let (listed, demo) = (config.allow_origins.clone(), config.demo);
    let allowed = move |origin: &HeaderValue, _: &_| {
        let origin = origin.to_str().unwrap_or_default();
        listed.iter().any(|listed| listed == origin) || demo && is_local(origin)
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CACHE_CONTROL,
            header::CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([header::RETRY_AFTER, SSE_RESUMED_FROM, SSE_HEARTBEAT])
        .max_age(Duration::from_secs(600))
}

/// Returns whether the origin is a page of this machine, on any port.
fn is_local(origin: &str) -> bool {
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some_and(|host| {
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
            host.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || is_port(rest))
        })
    })
}

/// Returns whether the text is a colon and a number.
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':');
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_machine_are_local() {
        for origin in [
            "http://localhost",
            "https://localhost:8443",
            "http://127.0.0.1:3000",
            "http://[::1]:80",
        ] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in [
            "null",
            "localhost",
            "http://localhost.example",
            "http://localhost:80@example",
            "http://127.0.0.1.example:80",
            "http://127.0.0.10",
            "file://localhost",
        ] {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
