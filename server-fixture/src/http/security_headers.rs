//! The security headers of every response, among them the Content-Security-Policy.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::config::Config;
use crate::state::AppState;

/// The headers that helmet for Express sets, except the Content-Security-Policy, which depends on
/// the settings.
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
    // CORS decides which origins may read. With a stricter value, a client's `no-cors` probe would
    // fail too. The client needs this probe to distinguish a CORS error from a network error.
    ("cross-origin-resource-policy", "cross-origin"),
];

/// Adds the headers that the handler has not set.
pub(super) async fn headers(
    State(state): State<Arc<AppState>>,
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
        .or_insert(state.content_security_policy.clone());
    response
}

/// Returns the Content-Security-Policy. It differs from helmet's in three points:
/// - it allows WebAssembly
/// - it allows connections to the fault port
/// - it allows plain HTTP, because it lacks `upgrade-insecure-requests`
pub(crate) fn content_security_policy(config: &Config) -> HeaderValue {
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
