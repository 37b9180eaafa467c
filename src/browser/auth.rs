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

/// A token and, where it is known, when it expires.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub(super) value: String,
    /// The time since 1970.
    pub(super) expires_at: Option<Millis>,
}

impl Token {
    /// A token. If it is a JWT, its `exp` claim tells when it expires; the claim is not trusted,
    /// it only says when to ask for a fresh token.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            expires_at: jwt_expiry(&value),
            value,
        }
    }

    /// A token that expires at this time since 1970.
    pub fn with_expiry(value: impl Into<String>, expires_at: Duration) -> Self {
        Self {
            value: value.into(),
            expires_at: Some(expires_at.into()),
        }
    }
}

/// The secret stays out of logs.
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

/// The `exp` claim ([RFC 7519 §4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)), by
/// the engine's own Base64 and JSON.
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

/// What the providers may know of the attempt that asks them.
#[derive(Clone, Copy, Debug)]
pub struct AttemptContext {
    /// Attempts since the connection was last healthy, from 1.
    pub attempt: u32,
    /// Why the attempt is made.
    pub cause: Cause,
}

/// Where tokens come from. Asked on every attempt, so that none is sent that has expired in the
/// meantime.
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
    /// The token to send now.
    ///
    /// # Errors
    /// What the caller shall see as the cause of the failed attempt.
    fn token(&self, context: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>>;

    /// Called when the server refused a token (401), before the one retry. The default does
    /// nothing: `token` is asked once more anyway.
    ///
    /// # Errors
    /// What the caller shall see as the cause of the failed attempt.
    fn on_unauthorized(&self) -> LocalBoxFuture<'static, Result<(), JsValue>> {
        Box::pin(async { Ok(()) })
    }

    /// Whether a 401 is worth one retry. The default says yes.
    fn can_refresh(&self) -> bool {
        true
    }
}

/// An asynchronous closure is a provider that has nothing special to do after a 401.
impl<F, T> TokenProvider for F
where
    F: Fn(AttemptContext) -> T,
    T: Future<Output = Result<Token, JsValue>> + 'static,
{
    fn token(&self, context: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>> {
        Box::pin(self(context))
    }
}

/// The credentials of one or more sources. Clones share one refresh: however many sources are
/// refused at once, the provider is asked once.
#[derive(Clone)]
pub struct Auth {
    provider: Rc<SingleFlight>,
    pub(super) scheme: String,
    pub(super) header: String,
    pub(super) renew_before: Millis,
}

impl Auth {
    /// Sends `Authorization: Bearer` and the provider's token.
    pub fn new(provider: impl TokenProvider + 'static) -> Self {
        Self {
            provider: Rc::new(SingleFlight::new(Box::new(provider))),
            scheme: String::from("Bearer"),
            header: String::from("Authorization"),
            renew_before: DEFAULT_RENEW_BEFORE,
        }
    }

    /// A fixed token.
    pub fn bearer(token: impl Into<Token>) -> Self {
        Self::new(Fixed(token.into()))
    }

    /// The authentication scheme, before the token. Empty: the header holds the token alone.
    /// Default `Bearer`.
    #[must_use]
    pub fn scheme(mut self, scheme: impl Into<String>) -> Self {
        self.scheme = scheme.into();
        self
    }

    /// The name of the header. Default `Authorization`.
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// How long before a token expires the source reconnects with a fresh one. Default 30 s.
    #[must_use]
    pub fn renew_before(mut self, time: Duration) -> Self {
        self.renew_before = time.into();
        self
    }

    pub(super) fn can_refresh(&self) -> bool {
        self.provider.can_refresh()
    }

    /// The token to send now, after a refresh if the server refused the one before. `timeout`:
    /// when a refresh that others wait for counts as hanging.
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
