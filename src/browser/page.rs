use alloc::rc::Rc;
use core::cell::Cell;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventTarget};

use super::interrupts::{Interrupt, Interrupts};
use super::sys;
use wasm_bindgen::JsCast;

/// Tells the loop of the page's life: the network is back, the page is shown, hidden, put into
/// the back/forward cache (a page that holds a connection would not be cached) or taken out.
/// In workers only the first exists. Stops listening on drop. `[NON-SPEC]`
pub(super) struct Page {
    on_event: Closure<dyn Fn(Event)>,
}

const GLOBAL_EVENTS: [&str; 3] = ["online", "pagehide", "pageshow"];
const DOCUMENT_EVENTS: [&str; 2] = ["visibilitychange", "resume"];

impl Page {
    pub(super) fn watch(interrupts: &Rc<Interrupts>, opens_when_hidden: bool) -> Self {
        let interrupts = Rc::clone(interrupts);
        let is_in_cache = Cell::new(false);
        let update = move |event: Option<&Event>| {
            match event.map(Event::type_).as_deref() {
                // Not persisted: the page goes away for good, and takes the source along.
                Some("pagehide") => is_in_cache.set(event.is_some_and(is_persisted)),
                Some("pageshow") => is_in_cache.set(false),
                _ => {}
            }
            let is_hidden = !opens_when_hidden && is_document_hidden();
            interrupts.suspend_if(is_in_cache.get() || is_hidden);
            if event.is_some() {
                interrupts.raise(Interrupt::Wake);
            }
        };
        update(None);
        let on_event = Closure::<dyn Fn(Event)>::new(move |event| update(Some(&event)));
        let page = Self { on_event };
        page.each(|target, event| {
            let _ = target.add_event_listener_with_callback(event, page.callback());
        });
        page
    }

    fn callback(&self) -> &js_sys::Function {
        self.on_event.as_ref().unchecked_ref()
    }

    fn each(&self, act: impl Fn(&EventTarget, &str)) {
        if let Some(global) = sys::global_target(None) {
            GLOBAL_EVENTS.iter().for_each(|event| act(&global, event));
        }
        if let Some(document) = sys::global_target(Some("document")) {
            DOCUMENT_EVENTS
                .iter()
                .for_each(|event| act(&document, event));
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.each(|target, event| {
            let _ = target.remove_event_listener_with_callback(event, self.callback());
        });
    }
}

fn is_persisted(event: &Event) -> bool {
    let persisted = Reflect::get(event, &JsValue::from_str("persisted"));
    persisted.is_ok_and(|persisted| persisted.is_truthy())
}

fn is_document_hidden() -> bool {
    sys::global_member("document", "hidden").is_some_and(|hidden| hidden.is_truthy())
}
