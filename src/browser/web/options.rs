//! The options of a source, as its loop reads them.

use alloc::string::String;
use alloc::vec::Vec;

use web_sys::{RequestInit, Url, UrlSearchParams};

use super::sys;
use crate::browser::auth::Auth;
use crate::browser::context::ResponseHead;
use crate::browser::hooks::{Fetch, Provider};
use crate::browser::request_body::Body;
use crate::connection::{Origin, Policy};

/// The options of a source, as its builder set them.
pub(super) struct Options {
    pub(super) url: Url,
    /// The caller's method, headers and body. The source adds the rest of each request.
    pub(super) init: RequestInit,
    pub(super) method: String,
    /// The fixed body.
    pub(super) fixed_body: Option<Body>,
    pub(super) auth: Option<Auth>,
    pub(super) headers: Option<Provider<Vec<(String, String)>>>,
    pub(super) body: Option<Provider<Body>>,
    /// Replaces the global `fetch`.
    pub(super) fetch: Option<Fetch>,
    pub(super) last_event_id: String,
    pub(super) last_event_id_param: Option<String>,
    pub(super) opens_when_hidden: bool,
    pub(super) max_event_size: usize,
    /// Whether the source reads an existing stream, which no reconnect can open again.
    pub(super) is_one_stream: bool,
    pub(super) policy: Policy,
}

impl Options {
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

    /// Whether a response rejects the credentials.
    pub(super) fn is_rejection(&self, response: &ResponseHead) -> bool {
        match &self.auth {
            Some(auth) => auth.is_rejection(response),
            None => self.headers.is_some() && response.status == 401,
        }
    }

    /// The parts of the URL that no message may quote: user name, password and the values of the query.
    pub(super) fn secrets_of_url(&self) -> Vec<String> {
        let query = UrlSearchParams::new_with_str(&self.url.search()).ok();
        let values = query.iter().flat_map(|query| query.values().into_iter());
        let values = values.filter_map(|value| value.ok()?.as_string());
        let user = [self.url.username(), self.url.password()];
        values.chain(user).collect()
    }

    /// Whether the last event ID is sent as a header. If it has a query parameter, a cross-origin
    /// request has no such header, because its CORS preflight might fail.
    pub(super) fn sends_id_header(&self, origin: Origin) -> bool {
        self.last_event_id_param.is_none() || origin == Origin::Same
    }
}
