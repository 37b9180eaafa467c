//! The request of one attempt, and the diagnostic probes after it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{JSON, Object, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, RequestInit, RequestMode, RequestRedirect, Response, Url,
    UrlSearchParams,
};

use super::exception::Exception;
use super::messages::auth_problem_of;
use super::options::Options;
use super::sys;
use crate::browser::auth::Token;
use crate::browser::error::SharedError;
use crate::browser::fetch::{FetchRequest, FetchResponse};
use crate::browser::problems;
use crate::browser::request_body::Body;
use crate::connection::{
    Origin, RedirectGuard, RequestKind, header_value, is_secret_header, with_param,
};

/// The options of a probe: no CORS, no secrets.
const PROBE: &str = r#"{"mode":"no-cors","credentials":"omit","cache":"no-store"}"#;

/// The request of one attempt. It is aborted on drop.
pub(super) struct Request {
    url: String,
    /// The URL without the last event ID.
    base: String,
    init: RequestInit,
    method: String,
    body: Option<Body>,
    /// The values of its secret headers, and their parts.
    pub(super) secrets: Vec<String>,
    /// The problem of the credentials, if the server refuses them.
    pub(super) auth_problem: Option<&'static str>,
    _abort: AbortOnDrop,
}

/// The parts of the request of one attempt.
pub(super) struct Attempt<'a> {
    pub(super) options: &'a Options,
    /// The URL of the last redirect, which a request without secrets may begin at.
    pub(super) redirected_to: Option<&'a Url>,
    pub(super) last_event_id: &'a str,
    pub(super) token: Option<&'a Token>,
    pub(super) provided: Provided,
}

/// The results of the providers of headers and body.
#[derive(Default)]
pub(super) struct Provided {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Body>,
}

impl Request {
    /// Builds the request. `guard` returns how to send it, from its origin and whether it carries
    /// secrets.
    ///
    /// # Errors
    /// The problem of a header that is not legal. The exception is dropped: some engines quote the
    /// illegal value, which may be a secret.
    pub(super) fn new(
        attempt: Attempt<'_>,
        guard: impl FnOnce(Origin, bool) -> RedirectGuard,
    ) -> Result<Self, &'static str> {
        let options = attempt.options;
        // A copy, because each attempt has its own headers and signal.
        let init: RequestInit = Object::assign(&Object::new(), &options.init).unchecked_into();
        if let Some(body) = &attempt.provided.body {
            init.set_body(&body.to_js());
        }
        let headers = headers(&attempt)?;
        let secrets = secrets_of(&headers);
        let auth_problem = auth_problem(&attempt, &headers, &secrets);
        let has_secrets = !secrets.is_empty() || !init.get_body().is_undefined();
        let redirected_to = attempt.redirected_to.filter(|_| !has_secrets);
        let url = redirected_to.unwrap_or(&options.url);
        let origin = options.origin(url);
        let id = attempt.last_event_id;
        if !id.is_empty() && options.sends_id_header(origin) {
            let id = headers.set("Last-Event-ID", &header_value(id));
            id.map_err(|_| problems::ILLEGAL_ID)?;
        }
        init.set_headers(&headers);
        match guard(origin, has_secrets) {
            RedirectGuard::None => {}
            RedirectGuard::SameOriginMode => init.set_mode(RequestMode::SameOrigin),
            RedirectGuard::Manual => init.set_redirect(RequestRedirect::Manual),
        }
        Ok(Self {
            url: with_id(options, url, id).map_err(illegal_header)?,
            base: url.href(),
            _abort: AbortOnDrop::of(&init).map_err(illegal_header)?,
            init,
            method: options.method.clone(),
            body: attempt.provided.body.or_else(|| options.fixed_body.clone()),
            secrets,
            auth_problem,
        })
    }

    /// Sends the request, or a diagnostic request. Only [`RequestKind::Probe`] omits the last event ID.
    pub(super) async fn send(
        &self,
        kind: RequestKind,
        options: &Options,
    ) -> Result<FetchResponse, SharedError> {
        match (kind, &options.fetch) {
            (RequestKind::Request | RequestKind::RequestAgain, Some(fetch)) => {
                Ok(fetch(self.for_caller()).await?)
            }
            _ => self.send_globally(kind).await.map_err(Exception::cause),
        }
    }

    async fn send_globally(&self, kind: RequestKind) -> Result<FetchResponse, JsValue> {
        let response = match kind {
            RequestKind::Request | RequestKind::RequestAgain => sys::fetch(&self.url, &self.init)?,
            RequestKind::FindRedirect => self.find_redirect()?,
            RequestKind::Probe => return probe(&self.base).await,
        };
        let response: Response = JsFuture::from(response).await?.unchecked_into();
        Ok(response.into())
    }

    /// The request for the caller's closure.
    fn for_caller(&self) -> FetchRequest {
        let headers: Headers = self.init.get_headers().unchecked_into();
        FetchRequest {
            url: self.url.clone(),
            method: self.method.clone(),
            headers: entries_of(&headers),
            body: self.body.clone(),
            init: self.init.clone(),
        }
    }

    fn find_redirect(&self) -> Result<Promise, JsValue> {
        self.init.set_redirect(RequestRedirect::Manual);
        let response = sys::fetch(&self.url, &self.init);
        self.init.set_redirect(RequestRedirect::Follow);
        response
    }
}

/// Sends a request whose response cannot be read. A server whose CORS headers refuse the real request
/// answers this one.
async fn probe(url: &str) -> Result<FetchResponse, JsValue> {
    let init: RequestInit = JSON::parse(PROBE)?.unchecked_into();
    let _abort = AbortOnDrop::of(&init)?;
    let response: Response = JsFuture::from(sys::fetch(url, &init)?)
        .await?
        .unchecked_into();
    Ok(response.into())
}

/// The caller's headers, `Accept` and the credentials ([WHATWG HTML §9.2.2]).
///
/// [WHATWG HTML §9.2.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource
fn headers(attempt: &Attempt<'_>) -> Result<Headers, &'static str> {
    let headers = headers_of_caller(attempt).map_err(illegal_header)?;
    if let (Some(auth), Some(token)) = (&attempt.options.auth, attempt.token) {
        let set = headers.set(&auth.header, &auth.header_value(token));
        set.map_err(|_| problems::ILLEGAL_TOKEN)?;
    }
    Ok(headers)
}

fn headers_of_caller(attempt: &Attempt<'_>) -> Result<Headers, JsValue> {
    let fixed = attempt.options.init.get_headers();
    let headers = Headers::new_with_headers(fixed.unchecked_ref())?;
    for (name, value) in &attempt.provided.headers {
        headers.set(name, value)?;
    }
    if !headers.has("Accept")? {
        headers.set("Accept", "text/event-stream")?;
    }
    Ok(headers)
}

fn illegal_header(_: JsValue) -> &'static str {
    problems::ILLEGAL_HEADER
}

/// The problem of the credentials, if the server refuses them. Another header may identify the user.
fn auth_problem(
    attempt: &Attempt<'_>,
    headers: &Headers,
    secrets: &[String],
) -> Option<&'static str> {
    let auth = attempt.options.auth.as_ref();
    let name = auth.map_or("Authorization", |auth| &auth.header);
    let value = headers.get(name).ok().flatten();
    if value.is_none() && !secrets.is_empty() {
        return None;
    }
    let is_empty = |token: &Token| token.value.trim().is_empty();
    auth_problem_of(value.as_deref(), name, attempt.token.is_some_and(is_empty))
}

fn entries_of(headers: &Headers) -> Vec<(String, String)> {
    let names = headers.keys().into_iter();
    let names = names.filter_map(|name| name.ok()?.as_string());
    names
        .map(|name| {
            let value = headers.get(&name).ok().flatten().unwrap_or_default();
            (name, value)
        })
        .collect()
}

/// Shorter parts of a header value are no secrets by themselves: they occur in ordinary words.
const SHORTEST_SECRET: usize = 4;

/// The values of the headers that [count as secrets](is_secret_header), whole and in parts:
/// `Bearer TOKEN`, `name=VALUE`.
fn secrets_of(headers: &Headers) -> Vec<String> {
    let mut secrets = Vec::new();
    for (name, value) in entries_of(headers) {
        if !is_secret_header(&name) {
            continue;
        }
        let parts = value.split([' ', ',', ';', '=', '"']);
        secrets.extend(
            parts
                .filter(|part| part.len() >= SHORTEST_SECRET)
                .map(String::from),
        );
        secrets.push(value);
    }
    secrets
}

/// Adds the last event ID to the URL if it has a query parameter.
fn with_id(options: &Options, url: &Url, last_event_id: &str) -> Result<String, JsValue> {
    let url = url.href();
    match &options.last_event_id_param {
        Some(name) if !last_event_id.is_empty() => {
            let pair = UrlSearchParams::new()?;
            pair.append(name, last_event_id);
            let pair = String::from(pair.to_string());
            // A leading `?` would be ignored, so that the parameter follows a `&`.
            Ok(with_param(&url, &pair, |given| {
                UrlSearchParams::new_with_str(&format!("&{given}")).is_ok_and(|it| it.has(name))
            }))
        }
        _ => Ok(url),
    }
}

struct AbortOnDrop(AbortController);

impl AbortOnDrop {
    /// Adds a signal to `init`, which aborts its requests on drop.
    fn of(init: &RequestInit) -> Result<Self, JsValue> {
        let controller = AbortController::new()?;
        init.set_signal(Some(&controller.signal()));
        Ok(Self(controller))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
