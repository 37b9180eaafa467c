//! The request context: user, client address and rate limit.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri};

use super::error::HttpError;
use crate::auth::{AuthError, User};
use crate::event_log::cursor::Requested;
use crate::state::AppState;
use crate::util::{address_key, query_value, random_hex};

/// Longest `X-Request-ID` that is used, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// The address of the client's socket, as a request extension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddr(pub(crate) IpAddr);

/// The parts of a request that authentication and limits need.
pub(super) struct RequestContext {
    headers: HeaderMap,
    pub(super) uri: Uri,
    /// The client's address as the trusted proxies report it, in the form that the limits count.
    pub(super) ip: IpAddr,
}

impl<S> FromRequestParts<S> for RequestContext
where
    S: Send + Sync,
    Arc<AppState>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let state = Arc::<AppState>::from_ref(state);
        let peer = parts.extensions.get().map(|PeerAddr(ip)| *ip);
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let ip = client_ip(peer, &parts.headers, &state.config.trusted_proxies);
        Ok(Self {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            ip: address_key(ip),
        })
    }
}

impl RequestContext {
    /// Returns the user, or 401.
    pub(super) fn user(&self, state: &AppState) -> Result<User, HttpError> {
        let user = state.keys.authenticate(&self.headers, &self.uri)?;
        match state.revocations.contains(&user.token_id) {
            true => Err(AuthError::Revoked.into()),
            false => Ok(user),
        }
    }

    /// Returns the user of an endpoint that is open unless `--auth-scope all` protects it. On an
    /// open endpoint an invalid token counts as no token.
    pub(super) fn optional_user(&self, state: &AppState) -> Result<Option<User>, HttpError> {
        match self.user(state) {
            Err(error) if state.config.protects_all() => Err(error),
            user => Ok(user.ok()),
        }
    }

    /// Returns the proxy's `X-Request-ID`, or a random ID. A proxy that retries a request on
    /// another node sends the same ID.
    pub(super) fn request_id(&self) -> String {
        let id = self.headers.get("x-request-id");
        id.and_then(|id| id.to_str().ok())
            .filter(|id| id.len() <= MAX_REQUEST_ID)
            .map_or_else(|| random_hex(16), str::to_owned)
    }

    /// Returns the header `Last-Event-ID`, or else the first of two query parameters in common
    /// use. The value is empty if the request has none of them.
    pub(super) fn last_event_id(&self) -> Vec<u8> {
        let header = self
            .headers
            .get("last-event-id")
            .map_or(&b""[..], HeaderValue::as_bytes);
        if !header.trim_ascii().is_empty() {
            return header.to_vec();
        }
        ["last_event_id", "lastEventId"]
            .iter()
            .find_map(|name| query_value(self.uri.query(), name))
            .map(String::into_bytes)
            .unwrap_or_default()
    }

    /// Returns the position that the client resumes from.
    pub(super) fn requested(&self) -> Requested {
        Requested::from_bytes(&self.last_event_id())
    }

    /// Counts this request against the rate limit of the user, or else of the address. Returns
    /// 429 above the limit.
    pub(super) async fn check_rate_limit(
        &self,
        state: &AppState,
        user: Option<&User>,
    ) -> Result<(), HttpError> {
        let key = user.map_or_else(|| format!("ip:{}", self.ip), |u| format!("user:{}", u.name));
        check_rate_limit(state, &key).await
    }

    /// Counts a login against the rate limit of the address. Logins have a window of their own, so
    /// that they do not use up the connects of an anonymous reader.
    pub(super) async fn check_login_rate_limit(&self, state: &AppState) -> Result<(), HttpError> {
        check_rate_limit(state, &format!("login:{}", self.ip)).await
    }

    /// Counts a logout against the rate limit of the user, in a window of its own: the server stores
    /// each revoked token, and a user who may not connect any more must be able to log out.
    pub(super) async fn check_logout_rate_limit(
        &self,
        state: &AppState,
        user: &User,
    ) -> Result<(), HttpError> {
        check_rate_limit(state, &format!("logout:{}", user.name)).await
    }
}

/// Counts a request in the window of `key`. Returns 429 above the limit.
async fn check_rate_limit(state: &AppState, key: &str) -> Result<(), HttpError> {
    let limit = state.config.effective_rate_limit();
    if limit == 0 {
        return Ok(());
    }
    let window = state.config.rate_window;
    match state.cluster.count(key, limit, window).await {
        Ok(None) => Ok(()),
        Ok(Some(seconds)) => {
            state.metrics.rejected("rate");
            Err(HttpError::too_many(
                "Too many requests. Retry later.",
                seconds,
            ))
        }
        // The limit protects the server. If the store is unavailable, accept the request.
        Err(error) => {
            tracing::warn!(%error, "A request was not counted against the rate limit");
            Ok(())
        }
    }
}

/// Returns the last address that no trusted proxy has. A client can send any `X-Forwarded-For`, so
/// only the entries that trusted proxies appended count. They are at the end.
fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let trusted: Vec<IpAddr> = trusted.iter().map(IpAddr::to_canonical).collect();
    let peer = peer.to_canonical();
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
        // Entries before an unreadable one may come from the client.
        let Some(ip) = parse_address(entry.trim()) else {
            return last;
        };
        if !trusted.contains(&ip) {
            return ip;
        }
        last = ip;
    }
    peer
}

/// Parses an entry with or without a port, and an IPv6 address with or without brackets. Some
/// proxies append the port.
fn parse_address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let with_port = || entry.parse().ok().map(|it: SocketAddr| it.ip());
    let ip: IpAddr = bare.unwrap_or(entry).parse().ok().or_else(with_port)?;
    Some(ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ip_is_the_last_forwarded_address_that_is_not_a_trusted_proxy() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "6.6.6.6, 1.2.3.4, 10.0.0.2".parse().unwrap(),
        );
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(client_ip(ip("10.0.0.1"), &headers, &trusted), ip("1.2.3.4"));
        assert_eq!(client_ip(ip("9.9.9.9"), &headers, &trusted), ip("9.9.9.9"));
        for (value, found) in [
            ("6.6.6.6, 1.2.3.4:5678", "1.2.3.4"),
            ("6.6.6.6, [2001:db8::1]:80", "2001:db8::1"),
            ("6.6.6.6, [2001:db8::1]", "2001:db8::1"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("6.6.6.6, ::ffff:1.2.3.4, ::ffff:10.0.0.2", "1.2.3.4"),
            ("6.6.6.6, [::ffff:1.2.3.4]:80", "1.2.3.4"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", value.parse().unwrap());
            assert_eq!(client_ip(ip("10.0.0.1"), &headers, &trusted), ip(found));
        }
        let mapped = [ip("::ffff:10.0.0.1"), ip("::ffff:10.0.0.2")];
        assert_eq!(client_ip(ip("10.0.0.1"), &headers, &mapped), ip("1.2.3.4"));
        assert_eq!(
            client_ip(ip("10.0.0.1"), &HeaderMap::new(), &trusted),
            ip("10.0.0.1")
        );
    }
}
