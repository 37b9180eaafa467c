//! The options of a source and their checks.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use futures_core::TryStream;
use futures_core::future::LocalBoxFuture;

use super::auth::{Auth, Token};
use super::context::AttemptContext;
use super::error::{BoxError, Error};
use super::event_source::AuthenticatedEventSource;
use super::fetch::{FetchRequest, FetchResponse};
use super::hooks::{Fetch, Hooks, Provider, Until};
use super::platform;
use super::problems;
use super::request_body::Body;
use super::request_options::{Cache, Credentials, Mode, Priority};
use crate::connection::{HeartbeatTimeout, RedirectPolicy, Retry, Verdict};
use crate::event_stream::Event;

/// Configures an [`AuthenticatedEventSource`]. All times are rounded up to whole milliseconds.
///
/// ```
/// use authenticated_event_source::browser::{Cache, Credentials, Mode, Priority};
/// use authenticated_event_source::connection::{HeartbeatTimeout, Retry};
/// use authenticated_event_source::{AuthenticatedEventSource, Error};
/// use std::time::Duration;
///
/// fn open(token: &str) -> Result<AuthenticatedEventSource, Error> {
///     AuthenticatedEventSource::builder("/events")
///         .bearer(token)
///         .last_event_id("42")
///         .retry(Retry::default().max_delay(Duration::from_secs(10)))
///         .heartbeat_timeout(HeartbeatTimeout::After(Duration::from_secs(45)))
///         .credentials(Credentials::Include)
///         .mode(Mode::SameOrigin)
///         .cache(Cache::NoStore)
///         .referrer("")
///         .priority(Priority::Low)
///         .open()
/// }
/// ```
#[must_use = "a builder does nothing until `open`"]
pub struct Builder {
    pub(super) url: String,
    pub(super) method: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Body>,
    /// The members of `RequestInit` that are passed to `fetch` unchanged.
    pub(super) members: Vec<(&'static str, String)>,
    pub(super) auth: Option<Auth>,
    has_two_auths: bool,
    pub(super) provided_headers: Option<Provider<Vec<(String, String)>>>,
    pub(super) provided_body: Option<Provider<Body>>,
    pub(super) fetch: Option<Fetch>,
    /// Whether `fetch` returns an existing stream, which no reconnect can open again.
    pub(super) is_one_stream: bool,
    pub(super) last_event_id: String,
    pub(super) last_event_id_param: Option<String>,
    pub(super) retry: Option<Retry>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) heartbeat_timeout: Option<HeartbeatTimeout>,
    pub(super) opens_when_hidden: bool,
    pub(super) max_event_size: Option<usize>,
    pub(super) redirect: RedirectPolicy,
    pub(super) hooks: Hooks,
    pub(super) signal: Option<LocalBoxFuture<'static, ()>>,
}

impl Builder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            method: String::from("GET"),
            headers: Vec::new(),
            body: None,
            members: Vec::new(),
            auth: None,
            has_two_auths: false,
            provided_headers: None,
            provided_body: None,
            fetch: None,
            is_one_stream: false,
            last_event_id: String::new(),
            last_event_id_param: None,
            retry: None,
            connect_timeout: None,
            heartbeat_timeout: None,
            opens_when_hidden: true,
            max_event_size: None,
            redirect: RedirectPolicy::SameOrigin,
            hooks: Hooks::default(),
            signal: None,
        }
        .cache(Cache::NoStore)
    }

    pub(super) fn of_stream<S>(bytes: S) -> Self
    where
        S: TryStream<Ok: AsRef<[u8]>, Error: Into<BoxError>> + 'static,
    {
        let response = Cell::new(Some(FetchResponse::event_stream(bytes)));
        let builder = Self::new(String::from("about:blank")).fetch(move |_| {
            let response = response.take();
            async move { response.ok_or("The stream was read already. Create a new one.") }
        });
        Self {
            is_one_stream: true,
            ..builder.retry(Retry::never())
        }
    }

    fn member(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Sends `Authorization: Bearer` and this fixed token. Pass the token without the word `Bearer`.
    pub fn bearer(self, token: impl Into<Token>) -> Self {
        self.auth(Auth::bearer(token))
    }

    /// Sends credentials. Their provider is called on every attempt.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.has_two_auths = self.auth.replace(auth).is_some();
        self
    }

    /// Adds a header. With an illegal name or value, [`open`](Self::open) returns an error.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the request method. Default `GET`. A request with any other method is sent again only if
    /// [`retry`](Self::retry) allows it, if [`should_retry`](Self::should_retry) or
    /// [`reconnect`](AuthenticatedEventSource::reconnect) demands it, or after a rejected token if
    /// [`TokenProvider::has_refresh`](super::TokenProvider::has_refresh) is `true`.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    /// Sets the request body. Default: none.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a provider of the request body. It is called on every attempt, after the provider of
    /// headers. An error, or a call longer than 30 s, fails the attempt with
    /// [`Reason::Auth`](crate::connection::Reason::Auth).
    ///
    /// ```
    /// # use authenticated_event_source::AuthenticatedEventSource;
    /// use authenticated_event_source::browser::{AttemptContext, BoxError};
    ///
    /// let builder = AuthenticatedEventSource::builder("/chat").method("POST").body_with(
    ///     |context: AttemptContext| async move {
    ///         Ok::<_, BoxError>(format!("{{\"after\": \"{}\"}}", context.last_event_id))
    ///     },
    /// );
    /// # let _ = builder;
    /// ```
    pub fn body_with<F, T, E>(mut self, provider: impl Fn(AttemptContext) -> F + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + 'static,
        T: Into<Body>,
        E: Into<BoxError>,
    {
        let provider = move |context| -> LocalBoxFuture<'static, Result<Body, BoxError>> {
            let body = provider(context);
            Box::pin(async { body.await.map(Into::into).map_err(Into::into) })
        };
        self.provided_body = Some(Box::new(provider));
        self
    }

    /// Sets a provider of headers. It is called on every attempt, with the token of the attempt. Its
    /// headers replace those of the same name of [`header`](Self::header). An error, or a call longer than
    /// 30 s, fails the attempt with [`Reason::Auth`](crate::connection::Reason::Auth). An illegal header is
    /// final: [`Reason::Request`](crate::connection::Reason::Request).
    ///
    /// ```
    /// # use authenticated_event_source::AuthenticatedEventSource;
    /// use authenticated_event_source::browser::{AttemptContext, BoxError};
    ///
    /// let builder = AuthenticatedEventSource::builder("/events").headers(
    ///     |context: AttemptContext| async move {
    ///         Ok::<_, BoxError>([("X-Attempt", context.attempt.to_string())])
    ///     },
    /// );
    /// # let _ = builder;
    /// ```
    pub fn headers<F, H, N, V, E>(
        mut self,
        provider: impl Fn(AttemptContext) -> F + 'static,
    ) -> Self
    where
        F: Future<Output = Result<H, E>> + 'static,
        H: IntoIterator<Item = (N, V)>,
        N: Into<String>,
        V: Into<String>,
        E: Into<BoxError>,
    {
        let provider = move |context| -> LocalBoxFuture<'static, Result<Vec<_>, BoxError>> {
            let headers = provider(context);
            Box::pin(async {
                let headers = headers.await.map_err(Into::into)?.into_iter();
                Ok(headers
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect())
            })
        };
        self.provided_headers = Some(Box::new(provider));
        self
    }

    /// Replaces the global `fetch`, in tests or for a transport of your own. It is called once for each
    /// attempt, and no diagnostic request follows. An error is a failed attempt:
    /// [`Reason::Network`](crate::connection::Reason::Network). A response whose body is missing, used or
    /// not a stream of bytes is final: [`Reason::Request`](crate::connection::Reason::Request).
    ///
    /// A source that reconnects over another transport:
    ///
    /// ```
    /// use authenticated_event_source::browser::FetchResponse;
    /// use authenticated_event_source::{AuthenticatedEventSource, Error};
    /// # use futures_util::stream;
    ///
    /// # async fn connect(_: &str) -> Result<stream::Iter<std::vec::IntoIter<std::io::Result<String>>>, std::io::Error> {
    /// #     Ok(stream::iter(Vec::new()))
    /// # }
    /// # fn open() -> Result<AuthenticatedEventSource, Error> {
    /// AuthenticatedEventSource::builder("https://example.com/events")
    ///     .fetch(|request| async move {
    ///         let bytes = connect(request.header("Last-Event-ID").unwrap_or_default()).await?;
    ///         Ok::<_, std::io::Error>(FetchResponse::event_stream(bytes))
    ///     })
    ///     .open()
    /// # }
    /// ```
    pub fn fetch<F, R, E>(mut self, fetch: impl Fn(FetchRequest) -> F + 'static) -> Self
    where
        F: Future<Output = Result<R, E>> + 'static,
        R: Into<FetchResponse>,
        E: Into<BoxError>,
    {
        let fetch = move |request| -> LocalBoxFuture<'static, Result<FetchResponse, BoxError>> {
            let response = fetch(request);
            Box::pin(async { response.await.map(Into::into).map_err(Into::into) })
        };
        self.fetch = Some(Box::new(fetch));
        self
    }

    /// Sets whether cookies are sent to other origins, too. Default `false`: only to the page's own
    /// origin. The same as [`Credentials::Include`].
    pub fn with_credentials(self, include: bool) -> Self {
        self.credentials(match include {
            true => Credentials::Include,
            false => Credentials::SameOrigin,
        })
    }

    /// Sets which requests carry cookies. Default [`Credentials::SameOrigin`].
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.member("credentials", credentials.as_str())
    }

    /// Sets how requests use the browser's cache. Default [`Cache::NoStore`].
    pub fn cache(self, cache: Cache) -> Self {
        self.member("cache", cache.as_str())
    }

    /// Sets which origins a request may reach. Default [`Mode::Cors`].
    pub fn mode(self, mode: Mode) -> Self {
        self.member("mode", mode.as_str())
    }

    /// Sets the URL that requests state as their [referrer], empty for none. Default: the page's.
    ///
    /// [referrer]: https://fetch.spec.whatwg.org/#concept-request-referrer
    pub fn referrer(self, url: impl AsRef<str>) -> Self {
        self.member("referrer", url.as_ref())
    }

    /// Sets how urgent the request is. Default [`Priority::Auto`].
    pub fn priority(self, priority: Priority) -> Self {
        self.member("priority", priority.as_str())
    }

    /// Sets the ID after which the stream starts. Default: no ID, so that the server decides.
    pub fn last_event_id(mut self, id: impl Into<String>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Sends the last event ID as this query parameter. A request to another origin then has no
    /// `Last-Event-ID` header, which its CORS preflight may not allow. Default: header only.
    pub fn last_event_id_param(mut self, name: impl Into<String>) -> Self {
        self.last_event_id_param = Some(name.into());
        self
    }

    /// Sets when to reconnect. Default [`Retry::default`] for `GET`, [`Retry::never`] for any other
    /// method. With [`Retry::spec`] there are no time limits and no size limit, unless they are set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the time limit for the response headers. Default 30 s for `GET`; none with [`Retry::spec`], and
    /// none for any other method, because a language model may take minutes before it sends the first
    /// header. A later response fails the attempt with
    /// [`Reason::Timeout`](crate::connection::Reason::Timeout).
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = Some(time);
        self
    }

    /// Sets when a silent stream counts as dead: [`Reason::Stalled`](crate::connection::Reason::Stalled), or
    /// [`Reason::Mute`](crate::connection::Reason::Mute) if no byte has arrived. Default
    /// [`HeartbeatTimeout::Auto`]; `Never` with [`Retry::spec`].
    pub fn heartbeat_timeout(mut self, timeout: HeartbeatTimeout) -> Self {
        self.heartbeat_timeout = Some(timeout);
        self
    }

    /// Sets whether the connection stays open while the page is hidden. With `false` it closes, and the
    /// source resumes when the page is shown. A method other than `GET` fails then, unless
    /// [`retry`](Self::retry) allows it to be sent again. Default `true`.
    pub fn open_when_hidden(mut self, open: bool) -> Self {
        self.opens_when_hidden = open;
        self
    }

    /// Sets the limit in bytes for the data of one event, and for one line. Default 16 MiB. A larger
    /// event is final: [`Reason::TooLarge`](crate::connection::Reason::TooLarge).
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = Some(bytes);
        self
    }

    /// Sets whether secrets may follow a redirect to another origin. Default
    /// [`RedirectPolicy::SameOrigin`].
    pub fn redirect_policy(mut self, policy: RedirectPolicy) -> Self {
        self.redirect = policy;
        self
    }

    /// Closes the source at the event with exactly this data, which is not delivered. If the stream ends
    /// before, the source reconnects if [`retry`](Self::retry) allows it. Otherwise it fails with
    /// [`Reason::End`](crate::connection::Reason::End).
    pub fn until(mut self, data: impl Into<String>) -> Self {
        self.hooks.until = Some(Until::Data(data.into()));
        self
    }

    /// Closes the source after the first event for which the predicate returns `true`. If the stream ends
    /// before, the source reconnects if [`retry`](Self::retry) allows it. Otherwise it fails with
    /// [`Reason::End`](crate::connection::Reason::End).
    pub fn until_event(mut self, is_last: impl Fn(&Event) -> bool + 'static) -> Self {
        self.hooks.until = Some(Until::Event(Box::new(is_last)));
        self
    }

    /// Sets a callback for each comment of the stream. Its argument is the text after the colon and one
    /// space.
    ///
    /// ```
    /// # use authenticated_event_source::AuthenticatedEventSource;
    /// let builder = AuthenticatedEventSource::builder("/events")
    ///     .on_comment(|text| println!("the server is alive: {text}"));
    /// # let _ = builder;
    /// ```
    pub fn on_comment(mut self, callback: impl Fn(&str) + 'static) -> Self {
        self.hooks.comment = Some(Box::new(callback));
        self
    }

    /// Closes the source when this future is ready, for example when a component unmounts. The future is
    /// dropped together with the source.
    ///
    /// ```
    /// # use authenticated_event_source::AuthenticatedEventSource;
    /// use futures_util::FutureExt;
    /// use futures_util::future::AbortHandle;
    ///
    /// let (handle, registration) = AbortHandle::new_pair();
    /// let aborted = futures_util::future::Abortable::new(std::future::pending(), registration);
    /// let builder = AuthenticatedEventSource::builder("/events").close_when(aborted.map(drop::<Result<(), _>>));
    /// handle.abort();
    /// # let _ = builder;
    /// ```
    pub fn close_when(mut self, signal: impl Future<Output = ()> + 'static) -> Self {
        self.signal = Some(Box::pin(signal));
        self
    }

    /// Sets an async callback that makes the final decision on a failure. `None` applies the policy. It is
    /// not called for a rejection that leads to a refresh. Only [`Retry::max_retries`] limits it. The
    /// source waits for the decision.
    ///
    /// ```
    /// # use authenticated_event_source::{AuthenticatedEventSource, Error};
    /// use authenticated_event_source::connection::Verdict;
    ///
    /// # async fn is_in_maintenance() -> bool { true }
    /// let builder = AuthenticatedEventSource::builder("/events").should_retry(
    ///     |error: Error| async move {
    ///         let is_missing = error.status() == Some(404);
    ///         (is_missing && is_in_maintenance().await).then_some(Verdict::Retry)
    ///     },
    /// );
    /// # let _ = builder;
    /// ```
    pub fn should_retry<F>(mut self, callback: impl Fn(Error) -> F + 'static) -> Self
    where
        F: Future<Output = Option<Verdict>> + 'static,
    {
        self.hooks.verdict = Some(Box::new(move |error| Box::pin(callback(error))));
        self
    }

    /// Creates the source, which connects at once and drives itself.
    ///
    /// # Errors
    /// [`Reason::Request`](crate::connection::Reason::Request), with a message for each case:
    ///
    /// - The target is not wasm32.
    /// - The URL is not valid, or contains a user name or a password.
    /// - The method, a header, the fixed token, or a name of [`Auth`] is not legal.
    /// - A `GET` or `HEAD` has a body, or a stream as body may be sent twice.
    /// - The credentials were set twice, by [`bearer`](Self::bearer) or [`auth`](Self::auth).
    /// - [`last_event_id`](Self::last_event_id) contains NUL, CR or LF.
    /// - [`HeartbeatTimeout::After`] is zero, or [`Retry::multiplier`] is negative or NaN.
    pub fn open(self) -> Result<AuthenticatedEventSource, Error> {
        match self.problem() {
            Some(problem) => Err(Error::of_problem(problem)),
            None => platform::connect(self).map(AuthenticatedEventSource::of),
        }
    }

    /// Returns the mistake in the options that needs no browser to find, if there is one.
    fn problem(&self) -> Option<&'static str> {
        let has_no_body = ["GET", "HEAD"]
            .iter()
            .any(|method| self.method.eq_ignore_ascii_case(method));
        let has_body = self.body.is_some() || self.provided_body.is_some();
        let multiplier = self.retry.as_ref().map_or(1.0, |retry| retry.multiplier);
        let is_zero = |timeout| matches!(timeout, HeartbeatTimeout::After(time) if time.is_zero());
        if self.has_two_auths {
            Some(problems::AUTH_TWICE)
        } else if has_no_body && has_body {
            Some(problems::BODY_OF_GET)
        } else if self.last_event_id.contains(['\0', '\r', '\n']) {
            Some(problems::ILLEGAL_ID)
        } else if self.heartbeat_timeout.is_some_and(is_zero) {
            Some(problems::ZERO_HEARTBEAT)
        } else if multiplier.is_nan() || multiplier < 0.0 {
            Some(problems::ILLEGAL_MULTIPLIER)
        } else {
            None
        }
    }
}

/// Prints no header values, which may be secrets.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
