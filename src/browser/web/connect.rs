//! From a builder to the options of a source: the checks that need the browser.

use alloc::rc::Rc;
use alloc::string::String;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Request, RequestInit, Url};

use super::inner::Inner;
use super::options::Options;
use super::sys;
use crate::browser::auth::{Auth, Token};
use crate::browser::builder::Builder;
use crate::browser::error::Error;
use crate::browser::problems;
use crate::browser::request_body::Body;
use crate::connection::{HeartbeatTimeout, Millis, Policy, Retry, RetryOn};
use crate::event_stream::EventStreamParser;

/// A mistake in the options. The exception of the engine is dropped, because some engines quote the
/// illegal value, which may be a secret.
type Checked<T> = Result<T, &'static str>;

/// Checks the options, and starts the source.
pub(in crate::browser) fn connect(builder: Builder) -> Result<Rc<Inner>, Error> {
    let (builder, options) = options_of(builder).map_err(Error::of_problem)?;
    Ok(Inner::start(options, builder.hooks, builder.signal))
}

/// Moves the checked options out of the builder, and returns the rest of it: the hooks and the signal.
fn options_of(mut builder: Builder) -> Checked<(Builder, Options)> {
    let url = resolve(&builder.url).map_err(|_| problems::ILLEGAL_URL)?;
    let has_user_info = !url.username().is_empty() || !url.password().is_empty();
    if has_user_info && builder.fetch.is_none() {
        return Err(problems::USER_INFO);
    }
    let init = init_of(&builder)?;
    if let Some(auth) = &builder.auth {
        check_auth(auth)?;
    }
    let policy = policy_of(&builder, &url);
    let may_be_sent_twice = builder.retry.is_some() || policy.retries_rejection;
    if builder.body.as_ref().is_some_and(Body::is_stream) && may_be_sent_twice {
        return Err(problems::STREAM_TWICE);
    }
    let default_size = match policy.retry.is_spec {
        // The standard has no limit.
        true => usize::MAX,
        false => EventStreamParser::DEFAULT_MAX_EVENT_SIZE,
    };
    let options = Options {
        url,
        init,
        method: core::mem::take(&mut builder.method),
        fixed_body: builder.body.take(),
        auth: builder.auth.take(),
        headers: builder.provided_headers.take(),
        body: builder.provided_body.take(),
        fetch: builder.fetch.take(),
        last_event_id: core::mem::take(&mut builder.last_event_id),
        last_event_id_param: builder.last_event_id_param.take(),
        opens_when_hidden: builder.opens_when_hidden,
        max_event_size: builder.max_event_size.unwrap_or(default_size),
        is_one_stream: builder.is_one_stream,
        policy,
    };
    Ok((builder, options))
}

/// The options that decisions need.
fn policy_of(builder: &Builder, url: &Url) -> Policy {
    let is_get = builder.method.eq_ignore_ascii_case("GET");
    let retry = builder.retry.clone().unwrap_or_else(match is_get {
        true => Retry::default,
        false => Retry::never,
    });
    let is_spec = retry.is_spec;
    let may_resend = is_get || (builder.retry.is_some() && retry.on != RetryOn::Never);
    let default_timeout = match is_spec || !is_get {
        // The standard has no limit. A request that must not be repeated is never ended by a limit that
        // the caller did not set.
        true => Millis::MAX,
        false => Policy::CONNECT_TIMEOUT,
    };
    let default_heartbeat = match is_spec {
        true => HeartbeatTimeout::Never,
        false => HeartbeatTimeout::Auto,
    };
    let mut policy = Policy {
        retry,
        is_get,
        // A probe would reach the network.
        may_probe: is_get && builder.fetch.is_none(),
        is_fetchable: builder.fetch.is_some() || is_fetchable(url),
        is_mixed_content: is_mixed_content(url),
        is_isolated: sys::is_isolated(),
        sends_id_as_param: builder.last_event_id_param.is_some(),
        redirect: builder.redirect,
        connect_timeout: builder
            .connect_timeout
            .map_or(default_timeout, Millis::from),
        heartbeat_timeout: builder
            .heartbeat_timeout
            .unwrap_or(default_heartbeat)
            .into(),
        // A provider of headers may return other credentials after a 401.
        retries_rejection: builder.provided_headers.is_some() && may_resend && !is_spec,
        ..Policy::default()
    };
    if let Some(auth) = &builder.auth {
        policy.retries_rejection = auth.retries_rejection(may_resend, is_spec);
        policy.can_renew = !auth.is_fixed();
        policy.renew_before = auth.renew_before;
    }
    policy
}

/// The members of `RequestInit` that the caller set. The engine checks the method and the headers:
/// without this, each attempt would fail like a dead network.
fn init_of(builder: &Builder) -> Checked<RequestInit> {
    let init = RequestInit::new();
    init.set_method(&builder.method);
    Request::new_with_str_and_init("https://localhost/", &init)
        .map_err(|_| problems::ILLEGAL_METHOD)?;
    for (name, value) in &builder.members {
        // A plain object accepts every member.
        let _ = Reflect::set(&init, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    if let Some(body) = &builder.body {
        init.set_body(&body.to_js());
    }
    let illegal = |_| problems::ILLEGAL_HEADER;
    let headers = Headers::new().map_err(illegal)?;
    for (name, value) in &builder.headers {
        headers.append(name, value).map_err(illegal)?;
    }
    init.set_headers(&headers);
    Ok(init)
}

/// Checks the fixed parts of the credentials.
fn check_auth(auth: &Auth) -> Checked<()> {
    let headers = Headers::new().map_err(|_| problems::ILLEGAL_AUTH)?;
    let set = |token: &Token| headers.set(&auth.header, &auth.header_value(token));
    set(&Token::new("token")).map_err(|_| problems::ILLEGAL_AUTH)?;
    match &auth.fixed {
        Some(token) => set(token).map_err(|_| problems::ILLEGAL_TOKEN),
        None => Ok(()),
    }
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
        .and_then(|base: JsValue| -> Option<String> { base.as_string() });
    match base {
        Some(base) => Url::new_with_base(url, &base),
        None => Url::new(url),
    }
}
