//! Who is asking: a JWT in the `Authorization` header, else in the cookie, else, if the server
//! allows it, in the query.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, Uri, header};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::hs256;
use crate::refusal::Refusal;
use crate::text::{query_value, random_hex};

/// The cookie's name.
pub(crate) const COOKIE: &str = "auth_token";

/// What a token says.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Claims {
    /// The user's name.
    pub(crate) sub: String,
    /// Unix seconds.
    pub(crate) exp: u64,
    pub(crate) iat: u64,
    /// Makes two tokens of one user different, and one of them revocable.
    pub(crate) jti: String,
    /// May publish.
    #[serde(default)]
    pub(crate) publish: bool,
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

/// The year 9999, in unix seconds.
const LATEST: u64 = 253_402_300_799;

impl User {
    /// How long the token is still good, to the fraction of a second.
    pub(crate) fn time_left(&self) -> Duration {
        // Claims may be absurd, and times end somewhere.
        let end = UNIX_EPOCH + Duration::from_secs(self.expires_at.min(LATEST));
        end.duration_since(SystemTime::now()).unwrap_or_default()
    }
}

/// Signs and checks tokens; HS256 and nothing else, whatever a token's header claims.
pub(crate) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    query_allowed: bool,
}

impl Keys {
    pub(crate) fn new(secret: &[u8], query_allowed: bool) -> Self {
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        // The crate's default accepts a token for a minute after its end.
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

    /// A token for `user` that ends in `ttl` seconds, and when that is in unix seconds.
    pub(crate) fn issue(&self, user: &str, ttl: u64) -> Result<(String, u64), Refusal> {
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
            .map_err(|_| Refusal::internal("the token cannot be signed"))?;
        Ok((token, exp))
    }

    /// The user behind a request.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, uri: &Uri) -> Result<User, Refusal> {
        let token = self
            .token(headers, uri)
            .ok_or_else(|| Refusal::unauthorized("Token required"))?;
        self.check(&token)
            .ok_or_else(|| Refusal::unauthorized("Invalid token"))
    }

    /// The first place that holds anything decides: a bad header is not rescued by a good cookie,
    /// or a client would never learn that it sends a stale token.
    fn token(&self, headers: &HeaderMap, uri: &Uri) -> Option<String> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            return Some(bearer(value.to_str().unwrap_or_default()).to_owned());
        }
        cookie(headers).or_else(|| {
            let allowed = self.query_allowed.then(|| uri.query()).flatten();
            query_value(allowed, "token")
        })
    }

    fn check(&self, token: &str) -> Option<User> {
        let claims = decode::<Claims>(token, &self.decoding, &self.validation)
            .ok()?
            .claims;
        // The crate accepts the very second of the end.
        (claims.exp > unix_now()).then_some(User {
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

/// Now, in unix seconds.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// Tokens that were ended before their time; each is remembered until it would have ended.
#[derive(Default)]
pub(crate) struct Revocations {
    all: RwLock<HashMap<String, u64>>,
    news: watch::Sender<()>,
}

impl Revocations {
    /// Adds what this node or another one has ended, as token ids and unix seconds.
    pub(crate) fn learn(&self, revoked: impl IntoIterator<Item = (String, u64)>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let now = unix_now();
        all.retain(|_, expires_at| *expires_at > now);
        let known = all.len();
        all.extend(revoked);
        let is_news = all.len() > known;
        drop(all);
        if is_news {
            self.news.send_replace(());
        }
    }

    /// Changes whenever there are more of them.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub(crate) fn contains(&self, token_id: &str) -> bool {
        self.all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(token_id)
    }
}
