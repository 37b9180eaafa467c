//! Who is at the door: the parts of a request that every stream and every limit asks for.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use std::convert::Infallible;

use crate::auth::User;
use crate::listen::Peer;
use crate::node::Node;
use crate::refusal::Refusal;
use crate::text::random_hex;

/// A longer name of a request is none.
const MAX_REQUEST_ID: usize = 128;

/// A request as the limits and the authentication see it.
pub(crate) struct Visit {
    pub(crate) headers: HeaderMap,
    pub(crate) uri: Uri,
    /// The client's address, seen through the trusted proxies.
    pub(crate) ip: IpAddr,
}

impl FromRequestParts<Arc<Node>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get().map(|Peer(ip)| *ip);
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let ip = client(peer, &parts.headers, &node.config.trusted_proxies);
        Ok(Self {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            ip,
        })
    }
}

impl Visit {
    /// The user, or 401.
    pub(crate) fn user(&self, node: &Node) -> Result<User, Refusal> {
        node.authenticate(&self.headers, &self.uri)
    }

    /// The user of an endpoint that is open unless the server protects all.
    pub(crate) fn plain_user(&self, node: &Node) -> Result<Option<User>, Refusal> {
        node.authenticate_plain(&self.headers, &self.uri)
    }

    /// What a proxy calls this request, on whichever node it tries it, or else a name of our own.
    pub(crate) fn request_id(&self) -> String {
        let id = self.headers.get("x-request-id");
        id.and_then(|id| id.to_str().ok())
            .filter(|id| id.len() <= MAX_REQUEST_ID)
            .map_or_else(|| random_hex(16), str::to_owned)
    }

    /// Counts this visit; 429 if there were too many of this user, or else of this address.
    pub(crate) async fn count(&self, node: &Node, user: Option<&User>) -> Result<(), Refusal> {
        let limit = node.config.effective_rate_limit();
        if limit == 0 {
            return Ok(());
        }
        let key = user.map_or_else(|| format!("ip:{}", self.ip), |u| format!("user:{}", u.name));
        match node
            .cluster
            .count(&key, limit, node.config.rate_window)
            .await
        {
            Ok(None) => Ok(()),
            Ok(Some(seconds)) => {
                node.figures.rejected("rate");
                Err(Refusal::too_many("Too many requests", seconds))
            }
            // The limit protects the server; a store that is away must not close it.
            Err(error) => {
                tracing::warn!(%error, "a visit was not counted");
                Ok(())
            }
        }
    }
}

/// The last address that a trusted proxy did not write itself. A client can write any
/// `X-Forwarded-For` it likes, so entries are believed from the right, as far as the proxies go.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let values = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok());
    let all: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    let mut last = peer;
    for entry in all.into_iter().rev() {
        // Whoever wrote what cannot be read may have let a client write what is left of it.
        let Some(ip) = address(entry.trim()) else {
            return last;
        };
        if !trusted.contains(&ip) {
            return ip;
        }
        last = ip;
    }
    peer
}

/// Some proxies add the port.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse().ok().map(|it: SocketAddr| it.ip());
    entry.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_are_believed_from_the_right_and_from_trusted_proxies_only() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "6.6.6.6, 1.2.3.4, 10.0.0.2".parse().unwrap(),
        );
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(client(ip("10.0.0.1"), &headers, &trusted), ip("1.2.3.4"));
        assert_eq!(client(ip("9.9.9.9"), &headers, &trusted), ip("9.9.9.9"));
        for (value, found) in [
            ("6.6.6.6, 1.2.3.4:5678", "1.2.3.4"),
            ("6.6.6.6, [2001:db8::1]:80", "2001:db8::1"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", value.parse().unwrap());
            assert_eq!(client(ip("10.0.0.1"), &headers, &trusted), ip(found));
        }
        assert_eq!(
            client(ip("10.0.0.1"), &HeaderMap::new(), &trusted),
            ip("10.0.0.1")
        );
    }
}
