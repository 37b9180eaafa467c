//! Tokens: HS256 JWTs in the `Authorization` header, else in the cookie, else in the query if
//! `--query-token` allows it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, Uri, header};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::hs256;
use crate::util::{query_value, random_hex, unix_now};

/// The name of the cookie that holds a token.
pub(crate) const COOKIE: &str = "auth_token";

/// The reason that a request is not authenticated, or that a token is not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    Missing,
    Invalid,
    Revoked,
    NotSigned,
}

/// The claims of a token.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Claims {
    /// The user's name.
    sub: String,
    /// Unix seconds.
    exp: u64,
    iat: u64,
    /// Identifies the token, so that it can be revoked.
    jti: String,
    /// Allows the user to publish.
    #[serde(default)]
    publish: bool,
}

/// An authenticated reader or publisher.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) token_id: String,
    /// Unix seconds.
    pub(crate) expires_at: u64,
    pub(crate) may_publish: bool,
}

/// The end of the year 9999, in Unix seconds.
const LATEST: u64 = 253_402_300_799;

impl User {
    /// Returns the time until the token expires.
    pub(crate) fn time_left(&self) -> Duration {
        // Adding an arbitrary claim to a `SystemTime` could overflow, which panics.
        let end = UNIX_EPOCH + Duration::from_secs(self.expires_at.min(LATEST));
        end.duration_since(SystemTime::now()).unwrap_or_default()
    }
}

/// Signs and verifies tokens. Only HS256 is accepted, regardless of the token's header.
pub(crate) struct TokenKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    query_allowed: bool,
}

impl TokenKeys {
    pub(crate) fn new(secret: &[u8], query_allowed: bool) -> Self {
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        // By default jsonwebtoken accepts a token for a minute after its expiry.
        validation.leeway = 0;
        validation.validate_nbf = true;
        let (encoding, decoding) = (
            EncodingKey::from_secret(secret),
            DecodingKey::from_secret(secret),
        );
        Self {
            encoding,
            decoding,
            validation,
            query_allowed,
        }
    }

    /// Returns a token for `user` that expires in `ttl` seconds, and its expiry in Unix seconds.
    pub(crate) fn issue(&self, user: &str, ttl: u64) -> Result<(String, u64), AuthError> {
        let now = unix_now();
        let (sub, exp, jti) = (user.to_owned(), now + ttl, random_hex(16));
        let claims = Claims {
            sub,
            exp,
            iat: now,
            jti,
            publish: true,
        };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|_| AuthError::NotSigned)?;
        Ok((token, exp))
    }

    /// Returns the user of a request.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, uri: &Uri) -> Result<User, AuthError> {
        let token = self.token(headers, uri).ok_or(AuthError::Missing)?;
        self.verify(&token).ok_or(AuthError::Invalid)
    }

    /// Returns the token of the first source that has one. An invalid header is an error even if
    /// the cookie is valid, so that a client notices a stale token.
    fn token(&self, headers: &HeaderMap, uri: &Uri) -> Option<String> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            return Some(bearer(value.to_str().unwrap_or_default()).to_owned());
        }
        cookie(headers).or_else(|| {
            let allowed = self.query_allowed.then(|| uri.query()).flatten();
            query_value(allowed, "token")
        })
    }

    fn verify(&self, token: &str) -> Option<User> {
        let token = decode::<Claims>(token, &self.decoding, &self.validation).ok()?;
        let claims = token.claims;
        // jsonwebtoken accepts a token during the second in which it expires, and ignores `crit`, which
        // lists extensions that a server must understand (RFC 7515, section 4.1.11).
        let is_valid = claims.exp > unix_now() && token.header.crit.is_none();
        // All tokens without an id would be revoked together.
        let is_named = !claims.sub.is_empty() && !claims.jti.is_empty();
        (is_valid && is_named).then_some(User {
            name: claims.sub,
            token_id: claims.jti,
            expires_at: claims.exp,
            may_publish: claims.publish,
        })
    }
}

fn bearer(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = all
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(name, value)| (name.trim() == COOKIE).then(|| value.trim().to_owned()))
}
