//! Suspends a source while its page is hidden or cached, wakes it when the network is back, and closes it
//! when the page is left.

use alloc::rc::Rc;
use alloc::string::String;
use core::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::AbortController;

use super::shared_state::SharedState;
use super::sys::{self, member};
use crate::connection::Millis;

/// Reports changes of the page to the source. Stops listening on drop. `[NON-SPEC]`
///
/// - The network is back. Workers have only this event.
/// - The page is shown or hidden ([Page Visibility]).
/// - The page enters or leaves the back/forward cache. Browsers do not cache a page with an open
///   connection.
/// - A navigation begins. The page stays if it is a download.
/// - The page is destroyed: it is left and not cached, or its frame is removed. The source closes.
/// - The page's Content-Security-Policy forbids the address. `fetch` itself reports only a network error.
///
/// [Page Visibility]: https://html.spec.whatwg.org/multipage/interaction.html#page-visibility
pub(super) struct PageLifecycle {
    listening: Option<AbortController>,
    /// When the latest navigation of the page began.
    navigated_at: Rc<Cell<Option<Millis>>>,
    /// The callback, which must live as long as the engine may call it.
    _on_event: Closure<dyn FnMut(JsValue)>,
}

const GLOBAL_EVENTS: [&str; 5] = [
    "beforeunload",
    "online",
    "pagehide",
    "pageshow",
    "securitypolicyviolation",
];
const DOCUMENT_EVENTS: [&str; 2] = ["visibilitychange", "resume"];

/// For how long after its begin a navigation may break the connections of its page: 10 s.
const NAVIGATION: Millis = Millis::from_secs(10);

impl PageLifecycle {
    /// Reports the current state, and then each change.
    pub(super) fn listen(shared: &Rc<SharedState>) -> Self {
        let shared = Rc::clone(shared);
        let opens_when_hidden = shared.options.opens_when_hidden;
        // The standard always waits the whole reconnection time.
        let wakes = !shared.options.policy.retry.is_spec;
        let is_in_cache = Cell::new(false);
        let navigated_at = Rc::new(Cell::new(None));
        let navigation = Rc::clone(&navigated_at);
        let update = move |event: &JsValue| {
            match type_of(event).as_deref() {
                Some("securitypolicyviolation") if is_refusal(event, &shared) => {
                    return shared.forbidden();
                }
                Some("beforeunload") => return navigation.set(Some(sys::monotonic())),
                Some("pagehide") if !is_true(member(event, "persisted")) => return shared.leave(),
                Some("pagehide") => is_in_cache.set(true),
                Some("pageshow") => is_in_cache.set(false),
                _ => {}
            }
            let is_hidden = !opens_when_hidden && is_true(sys::global_member("document", "hidden"));
            let is_suspended = is_in_cache.get() || is_hidden;
            shared.page_changed(is_suspended, wakes && is_back(event));
        };
        update(&JsValue::UNDEFINED);
        let on_event = Closure::<dyn FnMut(JsValue)>::new(move |event| update(&event));
        Self {
            listening: listen(&on_event),
            navigated_at,
            _on_event: on_event,
        }
    }

    /// Whether a navigation may be breaking the connections of the page.
    pub(super) fn is_navigating(&self) -> bool {
        let begun = self.navigated_at.get();
        begun.is_some_and(|begun| sys::monotonic().saturating_sub(begun) < NAVIGATION)
    }
}

/// Adds the listeners. Node has neither these events nor a document: the errors are ignored.
fn listen(on_event: &Closure<dyn FnMut(JsValue)>) -> Option<AbortController> {
    let listening = AbortController::new().ok()?;
    for event in GLOBAL_EVENTS {
        let _ = sys::listen(event, on_event, &listening);
    }
    for event in DOCUMENT_EVENTS {
        let _ = sys::listen_to_document(event, on_event, &listening);
    }
    Some(listening)
}

impl Drop for PageLifecycle {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

fn type_of(event: &JsValue) -> Option<String> {
    member(event, "type")?.as_string()
}

/// Whether the network or the page came back. `pageshow` also fires when a page was just loaded, and
/// `visibilitychange` when it is hidden: neither ends a wait.
fn is_back(event: &JsValue) -> bool {
    match type_of(event).as_deref() {
        Some("online" | "resume") => true,
        Some("pageshow") => is_true(member(event, "persisted")),
        Some("visibilitychange") => !is_true(sys::global_member("document", "hidden")),
        _ => false,
    }
}

/// Whether the page's policy refused a request to the URL of this source.
///
/// An image or a frame may have the same address. Some engines name the directive that `connect-src`
/// falls back to. Compares without queries: a policy ignores them, and ours may contain the last event ID.
fn is_refusal(event: &JsValue, shared: &SharedState) -> bool {
    let text = |name| member(event, name).and_then(|value| value.as_string());
    let is_of_fetch = matches!(
        text("effectiveDirective").as_deref(),
        Some("connect-src" | "default-src")
    );
    let blocked = text("blockedURI").unwrap_or_default();
    let url = shared.options.url.href();
    let start = |url: &str| String::from(url.split(['?', '#']).next().unwrap_or_default());
    is_of_fetch
        && text("disposition").as_deref() == Some("enforce")
        && start(&blocked) == start(&url)
}

fn is_true(value: Option<JsValue>) -> bool {
    value.is_some_and(|value| value.is_truthy())
}
