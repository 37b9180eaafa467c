//! Raw bindings: what the engine gives that web-sys does not, or not in every kind of global.

use alloc::string::String;

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, MessageChannel, MessagePort, RequestInit};

use crate::connection::Millis;

#[wasm_bindgen]
extern "C" {
    /// The global `fetch`, looked up at each call, in a window and in every kind of worker.
    #[wasm_bindgen(catch)]
    pub(super) fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    /// `until` stands for the options: their member `signal`, which a controller has too, ends it.
    #[wasm_bindgen(js_name = addEventListener, catch)]
    pub(super) fn listen(
        event: &str,
        callback: &Closure<dyn FnMut(JsValue)>,
        until: &AbortController,
    ) -> Result<(), JsValue>;

    /// Like `listen`, for events of the document.
    #[wasm_bindgen(js_namespace = document, js_name = addEventListener, catch)]
    pub(super) fn listen_to_document(
        event: &str,
        callback: &Closure<dyn FnMut(JsValue)>,
        until: &AbortController,
    ) -> Result<(), JsValue>;

    /// In milliseconds. What it returns is a number in browsers and an object in Node.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &Closure<dyn FnMut(JsValue)>, wait: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(id: &JsValue);

    /// Base64 to one code point for each byte.
    #[wasm_bindgen(catch)]
    pub(super) fn atob(base64: &str) -> Result<String, JsValue>;
}

/// The clock: milliseconds since 1970. Unlike `performance.now()` it goes on while the machine
/// sleeps, so that a connection that died in its sleep is found out.
#[inline(never)]
pub(super) fn now() -> Millis {
    Millis::new(js_sys::Date::now() as u64)
}

/// Until a task of its own. Not by a timer: those of a hidden page ring once a second.
pub(super) async fn next_task() {
    let Ok(ports) = MessageChannel::new() else {
        return;
    };
    let (near, far) = (Port(ports.port1()), ports.port2());
    let message = Promise::new(&mut |resolve, _| near.0.set_onmessage(Some(&resolve)));
    if far.post_message(&JsValue::NULL).is_ok() {
        let _ = JsFuture::from(message).await;
    }
}

/// Closed on drop: an open port is not collected, and keeps a process of Node alive.
struct Port(MessagePort);

impl Drop for Port {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// `globalThis.name.key`, where both exist.
pub(super) fn global_member(name: &str, key: &str) -> Option<JsValue> {
    let object = member(&js_sys::global(), name)?;
    member(&object, key)
}

/// The origin that scripts act for, where there is one.
pub(super) fn origin() -> Option<JsValue> {
    member(&js_sys::global(), "origin")
}

/// `object.key`, where both exist.
pub(super) fn member(object: &JsValue, key: &str) -> Option<JsValue> {
    // Throws where `object` is none.
    let value = Reflect::get(object, &JsValue::from_str(key)).ok()?;
    (!value.is_undefined()).then_some(value)
}
