//! The options of a source and their checks.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use futures_core::future::LocalBoxFuture;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Request, RequestInit, Response, Url};

use super::auth::{Auth, Token};
use super::context::AttemptContext;
use super::error::{BoxError, Error, FailureContext};
use super::event_source::AuthenticatedEventSource;
use super::options::Options;
use super::request_body::Body;
use super::request_options::{Cache, Credentials, Mode, Priority, set_member};
use super::shared_state::{Hooks, Until};
use super::sys;
use crate::connection::{
    Failure, HeartbeatTimeout, Reason, RedirectPolicy, Retry, RetryOn, Verdict,
};
use crate::event_stream::Event;

/// Configures an [`AuthenticatedEventSource`]. All times are rounded up to whole milliseconds.
#[must_use = "a builder does nothing until `open`"]
pub struct Builder {
    url: String,
    init: RequestInit,
    method: String,
    headers: Vec<(String, String)>,
    retry: Option<Retry>,
    hooks: Hooks,
    signal: Option<LocalBoxFuture<'static, ()>>,
    #[expect(clippy::type_complexity, reason = "a list of settings, applied once")]
    settings: Vec<Box<dyn FnOnce(&mut Options)>>,
}

impl Builder {
    pub(super) fn new(url: String) -> Self {
        let init = RequestInit::new();
        set_member(&init, "cache", Cache::NoStore.as_str());
        Self {
            url,
            init,
            method: String::from("GET"),
            headers: Vec::new(),
            retry: None,
            hooks: Hooks::default(),
            signal: None,
            settings: Vec::new(),
        }
    }

    fn set(mut self, setting: impl FnOnce(&mut Options) + 'static) -> Self {
        self.settings.push(Box::new(setting));
        self
    }

    /// Sends `Authorization: Bearer` and this fixed token.
    pub fn bearer(self, token: impl Into<Token>) -> Self {
        self.auth(Auth::bearer(token))
    }

    /// Sends credentials. Their provider is called on every attempt.
    pub fn auth(self, auth: Auth) -> Self {
        self.set(|options| options.auth = Some(auth))
    }

    /// Adds a header. With an illegal name or value, [`open`](Self::open) returns an error.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the request method. Default `GET`. A request with any other method is never sent again,
    /// unless [`retry`](Self::retry) allows it. After a rejected token it is sent again if
    /// [`TokenProvider::has_refresh`](super::TokenProvider::has_refresh) is `true`.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    /// Sets the request body. Default: none.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.init.set_body(&body.into().0);
        self
    }

    /// Sets a provider of the request body. It is called on every attempt, after the provider of
    /// headers. An error is a failed attempt: [`Reason::Auth`].
    pub fn body_with<F, T, E>(self, provider: impl Fn(AttemptContext) -> F + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + 'static,
        T: Into<Body>,
        E: Into<BoxError>,
    {
        let provider = move |context| -> LocalBoxFuture<'static, Result<Body, BoxError>> {
            let body = provider(context);
            Box::pin(async { body.await.map(Into::into).map_err(Into::into) })
        };
        self.set(|options| options.body = Some(Box::new(provider)))
    }

    /// Sets a provider of headers. It is called on every attempt, with the token of the attempt. A
    /// header replaces the header of the same name of [`header`](Self::header). An error is a failed
    /// attempt: [`Reason::Auth`].
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
    pub fn headers<F, H, N, V, E>(self, provider: impl Fn(AttemptContext) -> F + 'static) -> Self
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
        self.set(|options| options.headers = Some(Box::new(provider)))
    }

    /// Replaces the global `fetch`, for example in tests. It is called with the URL and the options of
    /// each request.
    pub fn fetch<F>(self, fetch: impl Fn(String, RequestInit) -> F + 'static) -> Self
    where
        F: Future<Output = Result<Response, JsValue>> + 'static,
    {
        let fetch = move |url, init| -> LocalBoxFuture<'static, Result<Response, JsValue>> {
            Box::pin(fetch(url, init))
        };
        self.set(|options| {
            options.fetch = Some(Box::new(fetch));
            // A probe would reach the network.
            options.policy.may_probe = false;
        })
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
        set_member(&self.init, "credentials", credentials.as_str());
        self
    }

    /// Sets how requests use the browser's cache. Default [`Cache::NoStore`].
    pub fn cache(self, cache: Cache) -> Self {
        set_member(&self.init, "cache", cache.as_str());
        self
    }

    /// Sets which origins a request may reach. Default [`Mode::Cors`].
    pub fn mode(self, mode: Mode) -> Self {
        set_member(&self.init, "mode", mode.as_str());
        self
    }

    /// Sets the URL that requests state as their [referrer], empty for none. Default: the page's.
    ///
    /// [referrer]: https://fetch.spec.whatwg.org/#concept-request-referrer
    pub fn referrer(self, url: impl AsRef<str>) -> Self {
        set_member(&self.init, "referrer", url.as_ref());
        self
    }

    /// Sets how urgent the request is. Default [`Priority::Auto`].
    pub fn priority(self, priority: Priority) -> Self {
        set_member(&self.init, "priority", priority.as_str());
        self
    }

    /// Sets the ID after which the stream starts. Default: no ID, so that the server decides.
    pub fn last_event_id(self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.set(|options| options.last_event_id = id)
    }

    /// Sends the last event ID as this query parameter. A request to another origin then has no
    /// `Last-Event-ID` header, which its CORS preflight may not allow. Default: header only.
    pub fn last_event_id_param(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.set(|options| options.last_event_id_param = Some(name))
    }

    /// Sets when to reconnect. Default [`Retry::default`] for `GET`, [`Retry::never`] for any other
    /// method. With [`Retry::spec`] there are no time limits and no size limit, unless they are set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the time limit for the response headers. Default 30 s for `GET`, none for any other method:
    /// a language model may take minutes before it sends the first header.
    pub fn connect_timeout(self, time: Duration) -> Self {
        self.set(move |options| options.policy.connect_timeout = time.into())
    }

    /// Sets when a silent stream counts as dead. Default [`HeartbeatTimeout::Auto`].
    pub fn heartbeat_timeout(self, timeout: HeartbeatTimeout) -> Self {
        self.set(move |options| options.policy.heartbeat_timeout = timeout.into())
    }

    /// Sets whether the connection stays open while the page is hidden. Default `true`.
    pub fn open_when_hidden(self, open: bool) -> Self {
        self.set(move |options| options.opens_when_hidden = open)
    }

    /// Sets the limit in bytes for the data of one event, and for one line. Default 16 MiB. A larger
    /// event is final: [`Reason::TooLarge`].
    pub fn max_event_size(self, bytes: usize) -> Self {
        self.set(move |options| options.max_event_size = bytes)
    }

    /// Sets whether secrets may follow a redirect to another origin. Default
    /// [`RedirectPolicy::SameOrigin`].
    pub fn redirect_policy(self, policy: RedirectPolicy) -> Self {
        self.set(move |options| options.policy.redirect = policy)
    }

    /// Closes the source at the event with exactly this data, which is not delivered. If the stream ends
    /// before, a `GET` reconnects, and any other method fails with [`Reason::End`].
    pub fn until(mut self, data: impl Into<String>) -> Self {
        self.hooks.until = Some(Until::Data(data.into()));
        self
    }

    /// Closes the source after the first event for which the predicate returns `true`. If the stream ends
    /// before, a `GET` reconnects, and any other method fails with [`Reason::End`].
    pub fn until_event(mut self, is_last: impl Fn(&Event) -> bool + 'static) -> Self {
        self.hooks.until = Some(Until::Event(Box::new(is_last)));
        self
    }

    /// Sets a callback for each comment of the stream. Its argument is the text after the colon and one
    /// space.
    pub fn on_comment(mut self, callback: impl Fn(&str) + 'static) -> Self {
        self.hooks.comment = Some(Box::new(callback));
        self
    }

    /// Closes the source when this future is ready, for example when a component unmounts. The future is
    /// dropped together with the source.
    pub fn close_when(mut self, signal: impl Future<Output = ()> + 'static) -> Self {
        self.signal = Some(Box::pin(signal));
        self
    }

    /// Sets a callback that decides on each failure. `None` applies the policy.
    pub fn should_retry(mut self, callback: impl Fn(&Error) -> Option<Verdict> + 'static) -> Self {
        self.hooks.verdict = Some(Box::new(callback));
        self
    }

    /// Creates the source, which connects at once and drives itself.
    ///
    /// # Errors
    /// [`Reason::Request`] if the URL, the method or a header is not legal, if the URL contains a user
    /// name or a password, or if a `GET` has a body.
    pub fn open(self) -> Result<AuthenticatedEventSource, Error> {
        let url = resolve(&self.url).map_err(refused)?;
        self.fill_init().map_err(refused)?;
        self.check_request(&url).map_err(refused)?;
        let mut options = Options::new(url, self.init);
        let is_get = self.method.eq_ignore_ascii_case("GET");
        let default_retry = if is_get { Retry::default } else { Retry::never };
        let retry = self.retry.clone().unwrap_or_else(default_retry);
        options.set_limits(is_get, retry.is_spec);
        for setting in self.settings {
            setting(&mut options);
        }
        let may_resend = is_get || (self.retry.is_some() && retry.on != RetryOn::Never);
        let policy = &mut options.policy;
        policy.retry = retry;
        policy.is_get = is_get;
        policy.may_probe &= is_get;
        policy.is_fetchable = is_fetchable(&options.url);
        if options.headers.is_some() {
            // The provider may return other credentials after a 401.
            policy.retries_rejection = may_resend && !policy.retry.is_spec;
        }
        policy.is_mixed_content = is_mixed_content(&options.url);
        policy.is_isolated = sys::is_isolated();
        policy.sends_id_as_param = options.last_event_id_param.is_some();
        if let Some(auth) = &options.auth {
            policy.retries_rejection = auth.retries_rejection(may_resend, policy.retry.is_spec);
            policy.can_renew = !auth.is_fixed();
            policy.renew_before = auth.renew_before;
        }
        Ok(AuthenticatedEventSource::new(
            options,
            self.hooks,
            self.signal,
        ))
    }

    fn fill_init(&self) -> Result<(), JsValue> {
        let headers = Headers::new()?;
        for (name, value) in &self.headers {
            headers.append(name, value)?;
        }
        self.init.set_method(&self.method);
        self.init.set_headers(&headers);
        Ok(())
    }

    /// Has the engine check the URL, the method and the body. Without this, each attempt would fail
    /// like a dead network.
    fn check_request(&self, url: &Url) -> Result<(), JsValue> {
        let init = RequestInit::new();
        init.set_method(&self.method);
        if !self.init.get_body().is_undefined() {
            // The constructor would lock a stream.
            init.set_body(&JsValue::from_str(""));
        }
        Request::new_with_str_and_init(&url.href(), &init).map(|_| ())
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

/// Drops the exception: some engines quote the illegal value in it, which may be a secret.
fn refused(_: JsValue) -> Error {
    Error::new(Failure::new(Reason::Request), FailureContext::default())
}

/// Whether every `fetch` accepts the scheme of the URL.
fn is_fetchable(url: &Url) -> bool {
    matches!(url.protocol().as_str(), "http:" | "https:")
}

/// Whether the browser blocks the URL as [mixed content]. It allows addresses of the same machine.
///
/// [mixed content]: https://www.w3.org/TR/mixed-content/
fn is_mixed_content(url: &Url) -> bool {
    let page = sys::origin().and_then(|origin| origin.as_string());
    let host = url.hostname();
    let is_local = host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]";
    page.is_some_and(|page| page.starts_with("https:")) && url.protocol() == "http:" && !is_local
}

/// Resolves a URL relative to the document or the worker. Other runtimes need an absolute URL.
fn resolve(url: &str) -> Result<Url, JsValue> {
    let base = sys::global_member("document", "baseURI")
        .or_else(|| sys::global_member("location", "href"))
        .and_then(|base| base.as_string());
    match base {
        Some(base) => Url::new_with_base(url, &base),
        None => Url::new(url),
    }
}
