//! Small readings of text that more than one file needs.

use axum::extract::Query;
use axum::http::Uri;

/// The value of the first query parameter called `name`, percent-decoded.
pub(crate) fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    pairs(query?)
        .into_iter()
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// All query parameters, percent-decoded, in their order.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = Uri::builder().path_and_query(format!("/?{query}")).build();
    uri.ok()
        .and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok())
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
}

/// `bytes` in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `length` random bytes of the operating system, in hexadecimal.
pub(crate) fn random_hex(length: usize) -> String {
    hex(&random_bytes(length))
}

/// `length` random bytes of the operating system, fit for secrets.
#[expect(
    clippy::expect_used,
    reason = "a machine without randomness must not sign tokens"
)]
pub(crate) fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
