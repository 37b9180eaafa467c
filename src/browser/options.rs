use alloc::rc::Rc;
use alloc::string::String;
use core::time::Duration;

use futures_core::future::LocalBoxFuture;
use js_sys::Function;
use wasm_bindgen::JsValue;
use web_sys::{RequestInit, Url};

use super::auth::{AttemptContext, Auth};
use super::sys;
use crate::connection::{HeartbeatTimeout, RedirectPolicy, Retry};
use crate::event_stream::EventStreamParser;

/// Makes the `RequestInit` of an attempt: the caller's method, headers and body. The rest of the
/// request is the source's own.
pub(crate) trait RequestTemplate {
    fn init(&self, context: AttemptContext) -> LocalBoxFuture<'_, Result<RequestInit, JsValue>>;
}

/// What a source was told to do. Both faces, Rust's and JavaScript's, fill it in.
pub(crate) struct Options {
    pub(crate) url: Url,
    pub(crate) template: Rc<dyn RequestTemplate>,
    /// Whether the template holds headers, which may be secrets.
    pub(crate) has_headers: bool,
    pub(crate) auth: Option<Auth>,
    pub(crate) fetch: Option<Function>,
    pub(crate) last_event_id: String,
    pub(crate) last_event_id_param: Option<String>,
    pub(crate) retry: Retry,
    pub(crate) is_get: bool,
    /// Whether `fetch` takes the URL at all. It refuses other schemes than HTTP's, and user names, in
    /// a way that looks like a dead network, which might come back.
    pub(crate) is_fetchable: bool,
    /// Whether a server that does not answer may be asked why: never of a redirect about which the
    /// caller has spoken himself.
    pub(crate) may_probe: bool,
    /// Whether a refused request may be sent again with fresh credentials.
    pub(crate) may_resend: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) heartbeat_timeout: HeartbeatTimeout,
    pub(crate) opens_when_hidden: bool,
    pub(crate) max_event_size: usize,
    pub(crate) redirect_policy: RedirectPolicy,
}

impl Options {
    /// How long to wait for response headers, unless told otherwise: 30 s.
    pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

    pub(crate) fn new(url: Url, template: Rc<dyn RequestTemplate>) -> Self {
        Self {
            url,
            template,
            has_headers: false,
            auth: None,
            fetch: None,
            last_event_id: String::new(),
            last_event_id_param: None,
            retry: Retry::default(),
            is_get: true,
            is_fetchable: true,
            may_probe: true,
            may_resend: true,
            connect_timeout: Self::CONNECT_TIMEOUT,
            heartbeat_timeout: HeartbeatTimeout::Auto,
            opens_when_hidden: true,
            max_event_size: EventStreamParser::DEFAULT_MAX_EVENT_SIZE,
            redirect_policy: RedirectPolicy::SameOrigin,
        }
    }

    pub(super) fn has_secrets(&self) -> bool {
        self.has_headers || self.auth.is_some()
    }

    /// Whether the URL is of the page's own origin. Where there is no page, nothing is.
    pub(super) fn is_same_origin(&self) -> bool {
        page_origin().is_some_and(|origin| origin == self.url.origin())
    }

    /// Whether the engine may refuse us a response for the sake of its origin. Where there is no
    /// page, nothing is refused.
    pub(super) fn is_under_cors(&self) -> bool {
        page_origin().is_some_and(|origin| origin != self.url.origin())
    }

    /// Whether the last event ID goes into a header. Where it has a parameter it stays out of
    /// the header of a cross-origin request, whose preflight the server may refuse for it.
    pub(super) fn sends_id_header(&self) -> bool {
        self.last_event_id_param.is_none() || self.is_same_origin()
    }

    pub(super) fn can_refresh(&self) -> bool {
        self.may_resend && self.auth.as_ref().is_some_and(Auth::can_refresh)
    }
}

fn page_origin() -> Option<String> {
    sys::global_member("location", "origin").and_then(|origin| origin.as_string())
}
