//! Tokens and their providers.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use futures_core::future::LocalBoxFuture;

use super::context::{AttemptContext, ResponseHead};
use super::error::BoxError;
use super::platform::{Calls, jwt_life};
use crate::connection::{DEFAULT_RENEW_BEFORE, Millis, TokenLife};

/// A token, with its expiry if that is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub(super) value: String,
    /// Its times, if its expiry is known.
    pub(super) life: Option<TokenLife>,
}

impl Token {
    /// A token. If it is a JWT, its expiry is its `exp` claim ([RFC 7519 §4.1.4]). The signature is
    /// not verified: the expiry only decides when a fresh token is requested. Only wasm32 reads it.
    ///
    /// [RFC 7519 §4.1.4]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            life: jwt_life(&value),
            value,
        }
    }

    /// A token with an expiry, as the time since 1970.
    pub fn with_expiry(value: impl Into<String>, expires_at: Duration) -> Self {
        let value = value.into();
        let issued_at = jwt_life(&value).and_then(|life| life.issued_at);
        Self {
            value,
            life: Some(TokenLife {
                expires_at: expires_at.into(),
                issued_at,
            }),
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

/// Returns tokens. It is called on every attempt, so that no expired token is sent.
///
/// A closure is a provider without a refresh of its own:
///
/// ```
/// use authenticated_event_source::browser::{AttemptContext, Auth, Token};
///
/// # async fn session_token() -> String { String::new() }
/// let auth = Auth::new(|_: AttemptContext| async { Token::new(session_token().await) });
/// # let _ = auth;
/// ```
///
/// A session that can refresh its token:
///
/// ```
/// use authenticated_event_source::browser::{AttemptContext, Auth, BoxError, Token, TokenProvider};
/// use futures_util::future::LocalBoxFuture;
///
/// #[derive(Clone)]
/// struct Session;
///
/// # impl Session {
/// #     async fn access_token(&self) -> String { String::new() }
/// #     async fn refresh(&self) -> Result<(), std::fmt::Error> { Ok(()) }
/// # }
/// impl TokenProvider for Session {
///     fn token(
///         &self,
///         _: AttemptContext,
///     ) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
///         let session = self.clone();
///         Box::pin(async move { Ok(Some(Token::new(session.access_token().await))) })
///     }
///
///     fn on_unauthorized(
///         &self,
///         _: AttemptContext,
///     ) -> LocalBoxFuture<'static, Result<bool, BoxError>> {
///         let session = self.clone();
///         Box::pin(async move { Ok(session.refresh().await.map(|()| true)?) })
///     }
///
///     fn has_refresh(&self) -> bool {
///         true
///     }
/// }
///
/// let auth = Auth::new(Session);
/// # let _ = auth;
/// ```
pub trait TokenProvider {
    /// Returns the token of this attempt, or `None` to send no credentials. The call is limited to
    /// 30 s, and runs to its end even if the attempt is abandoned.
    ///
    /// # Errors
    /// An error, or a call longer than 30 s, fails the attempt with
    /// [`Reason::Auth`](crate::connection::Reason::Auth), and the retry policy applies.
    /// [`Error::source`](core::error::Error::source) returns the cause.
    fn token(
        &self,
        context: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>>;

    /// Refreshes the credentials after the server rejected the token. Then the request is sent once
    /// more, with a new [`token`](Self::token). Returns `false` if there are no other credentials: the
    /// failure is final. The default does nothing and returns `true`.
    ///
    /// Calls for sources that share an [`Auth`] never overlap. A call may take any time, because a
    /// person may be signing in. It is also called once if a renewal returned the same token.
    ///
    /// # Errors
    /// The cause of the failed attempt, see [`Error::source`](core::error::Error::source). The retry policy
    /// applies.
    fn on_unauthorized(
        &self,
        context: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<bool, BoxError>> {
        let _ = context;
        Box::pin(async { Ok(true) })
    }

    /// Whether the token never changes. If `true`, the source neither renews the token nor sends a rejected
    /// request again, unless [`has_refresh`](Self::has_refresh) is `true`. The default is `false`.
    fn is_fixed(&self) -> bool {
        false
    }

    /// Whether [`on_unauthorized`](Self::on_unauthorized) obtains new credentials. If so, a request
    /// other than `GET` is sent again after it, and a source with [`Retry::spec`] refreshes. The default
    /// is `false`.
    ///
    /// [`Retry::spec`]: crate::connection::Retry::spec
    fn has_refresh(&self) -> bool {
        false
    }
}

/// A closure that returns a future is a provider without a special refresh. Its future returns a
/// [`Token`], an `Option<Token>`, or a `Result` of one of them with any error.
impl<F, T> TokenProvider for F
where
    F: Fn(AttemptContext) -> T,
    T: Future<Output: IntoToken> + 'static,
{
    fn token(
        &self,
        context: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
        let token = self(context);
        Box::pin(async { token.await.into_token() })
    }
}

/// The result of a closure that provides tokens.
pub trait IntoToken {
    /// Returns the token, or `None` to send no credentials.
    ///
    /// # Errors
    /// The cause of the failed attempt.
    fn into_token(self) -> Result<Option<Token>, BoxError>;
}

impl IntoToken for Token {
    fn into_token(self) -> Result<Option<Token>, BoxError> {
        Ok(Some(self))
    }
}

impl IntoToken for Option<Token> {
    fn into_token(self) -> Result<Self, BoxError> {
        Ok(self)
    }
}

impl<T: Into<Option<Token>>, E: Into<BoxError>> IntoToken for Result<T, E> {
    fn into_token(self) -> Result<Option<Token>, BoxError> {
        self.map(Into::into).map_err(Into::into)
    }
}

/// The credentials of one or more sources. Clones share one refresh: if the tokens of several sources
/// are rejected, [`on_unauthorized`](TokenProvider::on_unauthorized) is called once.
///
/// Two values are equal if they are clones with the same settings.
#[derive(Clone)]
pub struct Auth {
    pub(super) shared: Rc<SharedProvider>,
    /// The token of [`bearer`](Self::bearer).
    pub(super) fixed: Option<Token>,
    pub(super) scheme: String,
    pub(super) header: String,
    pub(super) renew_before: Millis,
    refresh_on: RefreshOn,
}

/// A provider, and its calls that several sources share.
pub(super) struct SharedProvider {
    pub(super) provider: Box<dyn TokenProvider>,
    pub(super) calls: Calls,
}

/// The responses that reject the token.
#[derive(Clone)]
enum RefreshOn {
    /// The default: 401. A source with `Retry::spec` does not refresh then.
    Default,
    Statuses(Rc<[u16]>),
    Response(Rc<dyn Fn(&ResponseHead) -> bool>),
}

// The settings. The calls of the provider exist on wasm32 only: see web/single_flight.rs.
impl Auth {
    /// Credentials that are sent as `Authorization: Bearer` and the provider's token ([RFC 6750 §2.1]).
    ///
    /// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    pub fn new(provider: impl TokenProvider + 'static) -> Self {
        Self {
            shared: Rc::new(SharedProvider {
                provider: Box::new(provider),
                calls: Calls::default(),
            }),
            fixed: None,
            scheme: String::from("Bearer"),
            header: String::from("Authorization"),
            renew_before: DEFAULT_RENEW_BEFORE,
            refresh_on: RefreshOn::Default,
        }
    }

    /// Credentials with a fixed token, which is never refreshed. Pass the token without the word
    /// `Bearer`.
    pub fn bearer(token: impl Into<Token>) -> Self {
        let token = token.into();
        Self {
            fixed: Some(token.clone()),
            ..Self::new(Fixed(token))
        }
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

    /// Sets how long before the expiry of a token the source reconnects with a fresh one. Default 30 s,
    /// rounded up to whole milliseconds. A token with less than twice this time to live is renewed at half
    /// of its remaining life.
    ///
    /// A renewal needs a `GET`, a provider that is not fixed, a known expiry, and a last event ID to resume
    /// from.
    #[must_use]
    pub fn renew_before(mut self, time: Duration) -> Self {
        self.renew_before = time.into();
        self
    }

    /// Sets the statuses of responses that reject the token. Default 401.
    #[must_use]
    pub fn refresh_on(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.refresh_on = RefreshOn::Statuses(statuses.into_iter().collect());
        self
    }

    /// Sets a predicate that selects the responses that reject the token. It is called for each response,
    /// and replaces [`refresh_on`](Self::refresh_on).
    ///
    /// ```
    /// use authenticated_event_source::browser::{AttemptContext, Auth, Token};
    ///
    /// # async fn session_token() -> String { String::new() }
    /// let auth = Auth::new(|_: AttemptContext| async { Token::new(session_token().await) })
    ///     .refresh_if(|response| response.status == 403 && response.header("X-Expired").is_some());
    /// # let _ = auth;
    /// ```
    #[must_use]
    pub fn refresh_if(mut self, is_rejection: impl Fn(&ResponseHead) -> bool + 'static) -> Self {
        self.refresh_on = RefreshOn::Response(Rc::new(is_rejection));
        self
    }

    /// Whether the token never changes.
    pub(super) fn is_fixed(&self) -> bool {
        self.shared.provider.is_fixed()
    }

    /// Whether a request with a rejected token is sent again. `may_resend` if any request may.
    pub(super) fn retries_rejection(&self, may_resend: bool, is_spec: bool) -> bool {
        let is_wanted = !is_spec || !matches!(self.refresh_on, RefreshOn::Default);
        self.shared.provider.has_refresh() || (!self.is_fixed() && may_resend && is_wanted)
    }

    /// Whether a response rejects the token.
    pub(super) fn is_rejection(&self, response: &ResponseHead) -> bool {
        match &self.refresh_on {
            RefreshOn::Default => response.status == 401,
            RefreshOn::Statuses(statuses) => statuses.contains(&response.status),
            RefreshOn::Response(is_rejection) => is_rejection(response),
        }
    }

    pub(super) fn header_value(&self, token: &Token) -> String {
        if self.scheme.is_empty() {
            return token.value.clone();
        }
        [&*self.scheme, " ", &*token.value].concat()
    }
}

impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        let refreshes_on_the_same = match (&self.refresh_on, &other.refresh_on) {
            (RefreshOn::Default, RefreshOn::Default) => true,
            (RefreshOn::Statuses(statuses), RefreshOn::Statuses(others)) => statuses == others,
            (RefreshOn::Response(it), RefreshOn::Response(other)) => Rc::ptr_eq(it, other),
            _ => false,
        };
        Rc::ptr_eq(&self.shared, &other.shared)
            && self.scheme == other.scheme
            && self.header == other.header
            && self.renew_before == other.renew_before
            && refreshes_on_the_same
    }
}

impl Eq for Auth {}

struct Fixed(Token);

impl TokenProvider for Fixed {
    fn token(&self, _: AttemptContext) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
        let token = Some(self.0.clone());
        Box::pin(async { Ok(token) })
    }

    fn is_fixed(&self) -> bool {
        true
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
