//! Small functions that several modules need: query parameters, addresses, hexadecimal, random bytes,
//! time.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Query;
use axum::http::Uri;

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
