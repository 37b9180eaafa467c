use alloc::string::String;

use wasm_bindgen::JsValue;
use web_sys::{RequestInit, Url};

use super::auth::{AttemptContext, Auth, Token};
use super::sys;
use crate::connection::{Origin, Policy};
use crate::event_stream::EventStreamParser;

/// What a source was told to do.
pub(super) struct Options {
    pub(super) url: Url,
    /// The caller's method, headers and body. The rest of a request is the source's own.
    pub(super) init: RequestInit,
    pub(super) auth: Option<Auth>,
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
            last_event_id: String::new(),
            last_event_id_param: None,
            opens_when_hidden: true,
            max_event_size: EventStreamParser::DEFAULT_MAX_EVENT_SIZE,
            policy: Policy::default(),
        }
    }

    /// Where the URL leads, which a redirect may have changed.
    pub(super) fn origin(&self) -> Origin {
        let location = sys::global_member("location", "origin");
        // Not the location's: a frame with `srcdoc` has that of the page around it, and a sandboxed
        // one none of its URL's.
        let page = location.map(|location| sys::origin().unwrap_or(location));
        match page.and_then(|origin| origin.as_string()) {
            None => Origin::None,
            Some(page) if page == self.url.origin() => Origin::Same,
            Some(_) => Origin::Other,
        }
    }

    /// Whether the last event ID goes into a header. Where it has a parameter it stays out of
    /// the header of a cross-origin request, whose preflight the server may refuse for it.
    pub(super) fn sends_id_header(&self) -> bool {
        self.last_event_id_param.is_none() || self.origin() == Origin::Same
    }

    /// The token to send, if there are credentials.
    pub(super) async fn token(&self, context: AttemptContext) -> Result<Option<Token>, JsValue> {
        match &self.auth {
            Some(auth) => {
                let timeout = self.policy.connect_timeout;
                auth.token(context, timeout).await.map(Some)
            }
            None => Ok(None),
        }
    }
}
