//! Tokens and their providers.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use futures_core::future::LocalBoxFuture;
use js_sys::JSON;
use wasm_bindgen::JsValue;

use super::single_flight::SingleFlight;
use super::sys;
use crate::connection::{Cause, DEFAULT_RENEW_BEFORE, Millis};

/// A token, with its expiry if that is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub(super) value: String,
    /// The time since 1970.
    pub(super) expires_at: Option<Millis>,
}

impl Token {
    /// A token. If it is a JWT, its expiry is its `exp` claim ([RFC 7519 §4.1.4]). The signature is
    /// not verified: the expiry only decides when a fresh token is requested.
    ///
    /// [RFC 7519 §4.1.4]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            expires_at: jwt_expiry(&value),
            value,
        }
    }

    /// A token with an expiry, as the time since 1970.
    pub fn with_expiry(value: impl Into<String>, expires_at: Duration) -> Self {
        Self {
            value: value.into(),
            expires_at: Some(expires_at.into()),
        }
    }
}

/// Does not print the secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl From<String> for Token {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Token {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

/// Reads the `exp` claim ([RFC 7519 §4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4))
/// with the engine's own Base64 and JSON decoders.
fn jwt_expiry(token: &str) -> Option<Millis> {
    let mut parts = token.as_bytes().split(|byte| *byte == b'.');
    let claims = parts.nth(1).filter(|_| parts.count() == 1)?;
    let base64 = claims.iter().map(|byte| match byte {
        b'-' => '+',
        b'_' => '/',
        byte => char::from(*byte),
    });
    let json = sys::atob(&base64.collect::<String>()).ok()?;
    let claims = JSON::parse(&json).ok()?;
    let seconds = sys::member(&claims, "exp")?.as_f64()?;
    Some(Millis::new((seconds * 1000.0) as u64))
}

/// The attempt for which a token is requested.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptContext {
    /// The number of the attempt since the connection was last healthy, from 1.
    pub attempt: u32,
    /// Why the attempt is made.
    pub cause: Cause,
}

/// Returns tokens. It is called on every attempt, so that no expired token is sent.
///
/// ```
/// # #[cfg(target_arch = "wasm32")] {
/// use authenticated_event_source::browser::{AttemptContext, Auth, Token};
///
/// # async fn session_token() -> String { String::new() }
/// let auth = Auth::new(|_: AttemptContext| async { Ok(Token::new(session_token().await)) });
/// # }
/// ```
pub trait TokenProvider {
    /// Returns the token of this attempt.
    ///
    /// # Errors
    /// The cause of the failed attempt, see [`Error::cause`](super::Error::cause).
    fn token(&self, context: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>>;

    /// Refreshes the credentials after a 401. Then the request is sent once more, with a new
    /// [`token`](Self::token). The default does nothing.
    ///
    /// # Errors
    /// The cause of the failed attempt, see [`Error::cause`](super::Error::cause).
    fn on_unauthorized(&self) -> LocalBoxFuture<'static, Result<(), JsValue>> {
        Box::pin(async { Ok(()) })
    }

    /// Whether a 401 is worth one refresh and one retry. The default is `true`.
    fn can_refresh(&self) -> bool {
        true
    }
}

/// A closure that returns a future is a provider without a special refresh.
impl<F, T> TokenProvider for F
where
    F: Fn(AttemptContext) -> T,
    T: Future<Output = Result<Token, JsValue>> + 'static,
{
    fn token(&self, context: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>> {
        Box::pin(self(context))
    }
}

/// The credentials of one or more sources. Clones share one refresh: if several sources receive a 401
/// at the same time, the provider is called once.
#[derive(Clone)]
pub struct Auth {
    provider: Rc<SingleFlight>,
    pub(super) scheme: String,
    pub(super) header: String,
    pub(super) renew_before: Millis,
}

impl Auth {
    /// Credentials that are sent as `Authorization: Bearer` and the provider's token ([RFC 6750 §2.1]).
    ///
    /// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    pub fn new(provider: impl TokenProvider + 'static) -> Self {
        Self {
            provider: Rc::new(SingleFlight::new(Box::new(provider))),
            scheme: String::from("Bearer"),
            header: String::from("Authorization"),
            renew_before: DEFAULT_RENEW_BEFORE,
        }
    }

    /// Credentials with a fixed token, which is never refreshed.
    pub fn bearer(token: impl Into<Token>) -> Self {
        Self::new(Fixed(token.into()))
    }

    /// Sets the authentication scheme, which precedes the token. With an empty scheme, the header
    /// contains the token alone. Default `Bearer`.
    #[must_use]
    pub fn scheme(mut self, scheme: impl Into<String>) -> Self {
        self.scheme = scheme.into();
        self
    }

    /// Sets the name of the header. Default `Authorization`.
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// Sets how long before the expiry of a token the source reconnects with a fresh token. The time
    /// is rounded up to whole milliseconds. Default 30 s.
    #[must_use]
    pub fn renew_before(mut self, time: Duration) -> Self {
        self.renew_before = time.into();
        self
    }

    pub(super) fn can_refresh(&self) -> bool {
        self.provider.can_refresh()
    }

    /// Returns the token of an attempt, after a refresh if the latest response was a 401. A shared
    /// refresh that takes longer than `timeout` counts as hanging.
    pub(super) async fn token(
        &self,
        context: AttemptContext,
        timeout: Millis,
    ) -> Result<Token, JsValue> {
        if context.cause == Cause::Unauthorized {
            self.provider.refresh(timeout).await?;
        }
        self.provider.token(context).await
    }

    pub(super) fn header_value(&self, token: &Token) -> String {
        if self.scheme.is_empty() {
            return token.value.clone();
        }
        [&*self.scheme, " ", &*token.value].concat()
    }
}

struct Fixed(Token);

impl TokenProvider for Fixed {
    fn token(&self, _: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>> {
        let token = self.0.clone();
        Box::pin(async { Ok(token) })
    }

    fn can_refresh(&self) -> bool {
        false
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
