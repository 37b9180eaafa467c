//! The options of a source, as its loop reads them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use futures_core::future::LocalBoxFuture;
use wasm_bindgen::JsValue;
use web_sys::{RequestInit, Response, Url};

use super::auth::Auth;
use super::context::AttemptContext;
use super::error::BoxError;
use super::request_body::Body;
use super::sys;
use crate::connection::{Millis, Origin, Policy, SilenceLimit};
use crate::event_stream::EventStreamParser;

/// A provider of the parts of a request.
pub(super) type Provider<T> =
    Box<dyn Fn(AttemptContext) -> LocalBoxFuture<'static, Result<T, BoxError>>>;

/// A replacement of the global `fetch`.
pub(super) type Fetch =
    Box<dyn Fn(String, RequestInit) -> LocalBoxFuture<'static, Result<Response, JsValue>>>;

/// The options of a source, as its builder set them.
pub(super) struct Options {
    pub(super) url: Url,
    /// The caller's method, headers and body. The source adds the rest of each request.
    pub(super) init: RequestInit,
    pub(super) auth: Option<Auth>,
    pub(super) headers: Option<Provider<Vec<(String, String)>>>,
    pub(super) body: Option<Provider<Body>>,
    /// Replaces the global `fetch`.
    pub(super) fetch: Option<Fetch>,
    pub(super) last_event_id: String,
    pub(super) last_event_id_param: Option<String>,
    pub(super) opens_when_hidden: bool,
    pub(super) max_event_size: usize,
    pub(super) policy: Policy,
}

impl Options {
    pub(super) fn new(url: Url, init: RequestInit) -> Self {
        Self {
            url,
            init,
            auth: None,
            headers: None,
            body: None,
            fetch: None,
            last_event_id: String::new(),
            last_event_id_param: None,
            opens_when_hidden: true,
            max_event_size: EventStreamParser::DEFAULT_MAX_EVENT_SIZE,
            policy: Policy::default(),
        }
    }

    /// Sets the default limits. The standard has none, and a request that must not be repeated is never
    /// ended by a time limit that the caller did not set.
    pub(super) fn set_limits(&mut self, is_get: bool, is_spec: bool) {
        if is_spec || !is_get {
            self.policy.connect_timeout = Millis::MAX;
        }
        if is_spec {
            self.policy.heartbeat_timeout = SilenceLimit::Never;
            self.max_event_size = usize::MAX;
        }
    }

    /// The origin of a URL, compared with the page.
    pub(super) fn origin(&self, url: &Url) -> Origin {
        let location = sys::global_member("location", "origin");
        // The origin of scripts is not always the location's: a frame with `srcdoc` has the origin of
        // its parent, and a sandboxed frame has an opaque one.
        let page = location.map(|location| sys::origin().unwrap_or(location));
        match page.and_then(|origin| origin.as_string()) {
            None => Origin::None,
            Some(page) if page == url.origin() => Origin::Same,
            Some(_) => Origin::Other,
        }
    }

    /// Whether a response with this status rejects the credentials.
    pub(super) fn is_rejection(&self, status: u16) -> bool {
        match &self.auth {
            Some(auth) => auth.is_rejection(status),
            None => self.headers.is_some() && status == 401,
        }
    }

    /// Whether the last event ID is sent as a header. If it has a query parameter, a cross-origin
    /// request has no such header, because its CORS preflight might fail.
    pub(super) fn sends_id_header(&self, origin: Origin) -> bool {
        self.last_event_id_param.is_none() || origin == Origin::Same
    }
}
