use alloc::rc::Rc;
use alloc::string::String;
use core::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::AbortController;

use super::shared_state::SharedState;
use super::sys::{self, member};

/// Tells the loop of the page's life: the network is back, the page is shown, hidden, put into
/// the back/forward cache (a page that holds a connection would not be cached) or taken out.
/// In workers only the first exists. Stops listening on drop. `[NON-SPEC]`
pub(super) struct PageLifecycle {
    listening: Option<AbortController>,
    /// Lives as long as the engine may call it.
    _on_event: Closure<dyn FnMut(JsValue)>,
}

const GLOBAL_EVENTS: [&str; 3] = ["online", "pagehide", "pageshow"];
const DOCUMENT_EVENTS: [&str; 2] = ["visibilitychange", "resume"];

impl PageLifecycle {
    pub(super) fn listen(shared: &Rc<SharedState>) -> Self {
        let shared = Rc::clone(shared);
        let opens_when_hidden = shared.options.opens_when_hidden;
        // The standard knows no wait that is shorter than the reconnection time.
        let wakes = !shared.options.policy.retry.is_spec;
        let is_in_cache = Cell::new(false);
        let update = move |event: &JsValue| {
            match type_of(event).as_deref() {
                // Not persisted: the page goes away for good, and takes the source along.
                Some("pagehide") => is_in_cache.set(is_true(member(event, "persisted"))),
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
            _on_event: on_event,
        }
    }
}

/// In a runtime without events (Node) there is nothing to listen for, and an error to ignore.
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

/// Whether the network or the page came back. A page that was just loaded is shown too, and
/// whoever leaves it must not cut a wait short.
fn is_back(event: &JsValue) -> bool {
    match type_of(event).as_deref() {
        Some("online" | "resume") => true,
        Some("pageshow") => is_true(member(event, "persisted")),
        Some("visibilitychange") => !is_true(sys::global_member("document", "hidden")),
        _ => false,
    }
}

fn is_true(value: Option<JsValue>) -> bool {
    value.is_some_and(|value| value.is_truthy())
}
