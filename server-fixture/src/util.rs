//! Small functions that several modules need: query parameters, addresses, hexadecimal, random bytes,
//! time, file descriptors.

use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::Query;
use axum::http::Uri;
use tokio::time::Instant;

/// Returns the percent-decoded value of the first query parameter called `name`.
pub(crate) fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    query_pairs(query?)
        .into_iter()
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Returns all query parameters, percent-decoded and in order.
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let uri = Uri::builder().path_and_query(format!("/?{query}")).build();
    uri.ok()
        .and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok())
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
}

/// Encodes `bytes` in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns `length` random bytes of the operating system in hexadecimal.
pub(crate) fn random_hex(length: usize) -> String {
    hex(&random_bytes(length))
}

/// Returns `length` random bytes of the operating system, which are suitable for secrets.
#[expect(
    clippy::expect_used,
    reason = "without random bytes the server must not sign tokens"
)]
pub(crate) fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).expect("the operating system returns random bytes");
    bytes
}

/// Returns the current time in Unix seconds.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// Returns the address under which a client counts: an IPv4 address, or the /64 prefix of an IPv6
/// address. A single IPv6 client usually has a whole /64. A mapped address counts as IPv4.
pub(crate) fn address_key(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        ip => ip,
    }
}

/// Returns the number of file descriptors that this process may open.
pub(crate) fn max_open_files() -> usize {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        })
    }
    #[cfg(not(unix))]
    usize::MAX
}

/// The shortest time between two log lines about connections that were not accepted.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// Counts connections that were not accepted, and logs some of them. Without descriptors, accepting
/// fails many times per second.
#[derive(Default)]
pub(crate) struct AcceptErrors {
    count: u64,
    reported: Option<Instant>,
}

impl AcceptErrors {
    /// Counts an error. Logs `message` if the last log line is old enough.
    pub(crate) fn report(&mut self, message: &'static str, error: &io::Error) {
        self.count += 1;
        let is_recent = |at: Instant| at.elapsed() < REPORT_INTERVAL;
        if !self.reported.is_some_and(is_recent) {
            self.reported = Some(Instant::now());
            tracing::warn!(%error, errors = self.count, "{message}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_key_joins_a_prefix_and_the_two_forms_of_an_ipv4_address() {
        for (ip, key) in [
            ("1.2.3.4", "1.2.3.4"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("2001:db8:0:1::1", "2001:db8:0:1::"),
            ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::"),
            ("2001:db8:0:2::1", "2001:db8:0:2::"),
        ] {
            let [ip, key] = [ip, key].map(|text| text.parse().unwrap());
            assert_eq!(address_key(ip), key);
        }
    }
}
