//! The headers around every answer: who may read it across origins, and what a page may do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::Config;
use crate::node::Node;
use crate::routes::{HEARTBEAT, RESUMED_FROM};

/// helmet's set (its thirteenth act is to remove `X-Powered-By`, which is never set here), without
/// the policy of content, which depends on the settings.
const FIXED: [(&str, &str); 11] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("origin-agent-cluster", "?1"),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-dns-prefetch-control", "off"),
    ("x-download-options", "noopen"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-permitted-cross-domain-policies", "none"),
    ("x-xss-protection", "0"),
    // CORS decides who may read. A stricter value would make a client's probe without CORS fail
    // too, which is how it tells a refusal from a dead network.
    ("cross-origin-resource-policy", "cross-origin"),
];

/// Adds what the route has not set itself.
pub(crate) async fn headers(
    State(node): State<Arc<Node>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        let name = HeaderName::from_static(name);
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(node.policy.clone());
    response
}

/// The Content-Security-Policy: helmet's, but WebAssembly may be compiled, the page may talk to
/// the misbehaving responder on its other port, and plain HTTP on this machine stays possible.
pub(crate) fn policy(config: &Config) -> HeaderValue {
    let faults = config.fault_port.map_or_else(String::new, |port| {
        ["http", "https"]
            .map(|scheme| format!(" {scheme}://127.0.0.1:{port} {scheme}://localhost:{port}"))
            .concat()
    });
    let built_in = format!(
        "default-src 'self'; base-uri 'self'; connect-src 'self'{faults}; \
         font-src 'self' data:; form-action 'self'; frame-ancestors 'self'; \
         img-src 'self' data:; object-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
         script-src-attr 'none'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"
    );
    let text = config.csp.as_deref().unwrap_or(&built_in);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

/// Origins of the allow-list may read, with credentials; the answer varies by origin, so that a
/// cache never gives one origin's answer to another.
pub(crate) fn cors(config: &Config) -> CorsLayer {
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
        .expose_headers([header::RETRY_AFTER, RESUMED_FROM, HEARTBEAT])
        .max_age(Duration::from_secs(600))
}

/// A page of this machine, on any port.
fn is_local(origin: &str) -> bool {
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some_and(|host| {
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
            host.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    })
}
