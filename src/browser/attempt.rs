use alloc::boxed::Box;
use alloc::string::String;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, RequestMode, RequestRedirect, Response, Url};

use super::auth::{AttemptContext, Cause, Token};
use super::body::Body;
use super::options::Options;
use super::{probe, sys};
use crate::connection::{Failure, Reason, RedirectGuard, ResponseHead, header_value, retry_after};

/// A failure and the things that came with it. Boxed, since it is large, seldom, and handed from
/// one part of the loop to the next.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    pub(crate) failure: Failure,
    /// The exception behind it.
    pub(crate) cause: Option<JsValue>,
    /// The response, if one came. Its body is gone.
    pub(crate) response: Option<Response>,
}

impl Lost {
    pub(super) fn new(reason: Reason) -> Box<Self> {
        Self::of(Failure::new(reason), None, None)
    }

    pub(super) fn by(reason: Reason, cause: JsValue) -> Box<Self> {
        Self::of(Failure::new(reason), Some(cause), None)
    }

    fn of(failure: Failure, cause: Option<JsValue>, response: Option<Response>) -> Box<Self> {
        Box::new(Self {
            failure,
            cause,
            response,
        })
    }
}

/// One attempt to connect.
pub(super) struct Attempt<'a> {
    pub(super) options: &'a Options,
    pub(super) last_event_id: String,
    pub(super) context: AttemptContext,
    /// Whether to find out, should no response come, if the server lives.
    pub(super) probes: bool,
    /// Whether an earlier attempt was answered.
    pub(super) has_opened: bool,
}

/// A request that is ready to go. Dropping it aborts it.
pub(super) struct Request {
    init: RequestInit,
    pub(super) token: Option<Token>,
    abort: AbortController,
}

impl Drop for Request {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// An open event stream. Dropping it ends the request.
pub(super) struct EventStream {
    pub(super) response: Response,
    // Before the request, because the body is to be cancelled before the request is aborted.
    pub(super) body: Body,
    pub(super) request: Box<Request>,
}

impl Attempt<'_> {
    /// Asks the providers and builds the request.
    pub(super) async fn prepare(&self) -> Result<Box<Request>, Box<Lost>> {
        let token = self
            .token()
            .await
            .map_err(|cause| Lost::by(Reason::Auth, cause))?;
        let init = self.options.template.init(self.context).await;
        let init = init.map_err(|cause| Lost::by(Reason::Auth, cause))?;
        self.request(init, token)
            // Without the cause: some engines quote the illegal value, which may be a secret.
            .map_err(|_| Lost::new(Reason::Request))
    }

    /// Sends the request and checks the response.
    pub(super) async fn send(&self, request: Box<Request>) -> Result<Box<EventStream>, Box<Lost>> {
        let response = match self.fetch(&request.init).await {
            Ok(response) => response,
            Err(cause) => self.unanswered(cause, &request).await?,
        };
        let body = self.check(&response)?;
        Ok(Box::new(EventStream {
            response,
            body,
            request,
        }))
    }

    async fn token(&self) -> Result<Option<Token>, JsValue> {
        let Some(auth) = &self.options.auth else {
            return Ok(None);
        };
        if self.context.cause == Cause::Unauthorized {
            auth.refresh(self.options.connect_timeout).await?;
        }
        auth.token(self.context).await.map(Some)
    }

    fn request(&self, init: RequestInit, token: Option<Token>) -> Result<Box<Request>, JsValue> {
        let headers = self.headers(&init, token.as_ref())?;
        init.set_headers(&headers);
        match self.guard() {
            RedirectGuard::None => {}
            RedirectGuard::SameOriginMode => init.set_mode(RequestMode::SameOrigin),
            RedirectGuard::Manual => init.set_redirect(RequestRedirect::Manual),
        }
        let abort = AbortController::new()?;
        init.set_signal(Some(&abort.signal()));
        Ok(Box::new(Request { init, token, abort }))
    }

    /// The caller's headers and the source's own.
    fn headers(&self, init: &RequestInit, token: Option<&Token>) -> Result<Headers, JsValue> {
        let given = init.get_headers();
        let headers = match given.is_undefined() {
            true => Headers::new()?,
            false => Headers::new_with_headers(given.unchecked_ref())?,
        };
        if !headers.has("Accept")? {
            headers.set("Accept", "text/event-stream")?;
        }
        if !self.last_event_id.is_empty() && self.options.sends_id_header() {
            headers.set("Last-Event-ID", &header_value(&self.last_event_id))?;
        }
        if let (Some(auth), Some(token)) = (&self.options.auth, token) {
            headers.set(&auth.header, &auth.header_value(token))?;
        }
        Ok(headers)
    }

    fn guard(&self) -> RedirectGuard {
        let options = self.options;
        options
            .redirect_policy
            .guard(options.has_secrets(), options.is_same_origin())
    }

    async fn fetch(&self, init: &RequestInit) -> Result<Response, JsValue> {
        let promise = sys::fetch(self.options.fetch.as_ref(), &self.url()?, init)?;
        Ok(JsFuture::from(promise).await?.unchecked_into())
    }

    fn url(&self) -> Result<String, JsValue> {
        let url = self.options.url.href();
        match &self.options.last_event_id_param {
            Some(param) if !self.last_event_id.is_empty() => {
                let url = Url::new(&url)?;
                url.search_params().set(param, &self.last_event_id);
                Ok(url.href())
            }
            _ => Ok(url),
        }
    }

    /// No response came. To `fetch`, a dead network, a CORS refusal and a redirect that the guard
    /// stopped all look the same.
    async fn unanswered(&self, cause: JsValue, request: &Request) -> Result<Response, Box<Lost>> {
        let mut lost = Lost::by(Reason::Network, cause);
        if self.options.fetch.is_some() {
            return Err(lost);
        }
        if !self.options.is_fetchable {
            lost.failure.reason = Reason::Request;
            return Err(lost);
        }
        if !self.probes || !self.options.may_probe {
            return Err(lost);
        }
        let is_redirected = self.is_redirected(request).await;
        if is_redirected && self.guard() == RedirectGuard::SameOriginMode {
            lost.failure.reason = Reason::Redirect;
        } else if (is_redirected || self.options.is_under_cors())
            && probe::is_alive(&self.options.url.href()).await
        {
            // Once more: a server that has just come back is no refusal.
            if let Ok(response) = self.fetch(&request.init).await {
                return Ok(response);
            }
            lost.failure.reason = Reason::Cors;
            lost.failure.is_resume_refused = self.has_opened && !self.last_event_id.is_empty();
        }
        Err(lost)
    }

    /// Whether our own server redirects. Asks once more, and stays where it is: the secrets reach
    /// nobody but the server that saw them a moment ago.
    async fn is_redirected(&self, request: &Request) -> bool {
        if !self.options.is_same_origin() {
            return false;
        }
        let init = &request.init;
        init.set_redirect(RequestRedirect::Manual);
        let response = self.fetch(init).await;
        init.set_redirect(RequestRedirect::Follow);
        response.is_ok_and(|response| is_redirect(&response))
    }

    fn check(&self, response: &Response) -> Result<Body, Box<Lost>> {
        let lost = |failure| Lost::of(failure, None, Some(Clone::clone(response)));
        if self.guard() == RedirectGuard::Manual && is_redirect(response) {
            return Err(lost(Failure::new(Reason::Redirect)));
        }
        let headers = response.headers();
        let header = |name| headers.get(name).ok().flatten();
        let head = ResponseHead {
            status: response.status(),
            content_type: header("Content-Type").as_deref(),
            retry_after: header("Retry-After").and_then(|value| {
                retry_after(&value, js_sys::Date::now(), |date| {
                    js_sys::Date::parse(date)
                })
            }),
        }
        .check();
        head.map_err(lost)?;
        // A response without a body is an event stream that has ended.
        let stream = response
            .body()
            .ok_or_else(|| lost(Failure::new(Reason::End)))?;
        Body::new(&stream).map_err(|cause| Lost::by(Reason::Network, cause))
    }
}

fn is_redirect(response: &Response) -> bool {
    let kind = sys::member(response, "type").and_then(|kind| kind.as_string());
    kind.as_deref() == Some("opaqueredirect")
        || matches!(response.status(), 301 | 302 | 303 | 307 | 308)
}
