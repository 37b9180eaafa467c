//! Raw bindings: what the engine gives that web-sys does not, or not in every kind of global.

use alloc::string::String;
use core::time::Duration;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, RequestInit};

#[wasm_bindgen]
extern "C" {
    /// The global `fetch`, looked up at each call, in a window and in every kind of worker.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

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
pub(super) fn now() -> Duration {
    Duration::from_millis(js_sys::Date::now() as u64)
}

/// The caller's `fetch`, else the global one.
pub(super) fn fetch(
    custom: Option<&Function>,
    url: &str,
    init: &RequestInit,
) -> Result<Promise, JsValue> {
    let Some(custom) = custom else {
        return global_fetch(url, init);
    };
    let promise = custom.call2(&JsValue::UNDEFINED, &JsValue::from_str(url), init)?;
    Ok(Promise::resolve(&promise))
}

/// `globalThis.name.key`, where both exist.
pub(super) fn global_member(name: &str, key: &str) -> Option<JsValue> {
    let object = Reflect::get(&js_sys::global(), &name.into()).ok()?;
    let object = object.dyn_into::<Object>().ok()?;
    Reflect::get(&object, &key.into())
        .ok()
        .filter(|value| !value.is_undefined())
}

/// `globalThis`, or one of its members, as a target of events.
pub(super) fn global_target(name: Option<&str>) -> Option<EventTarget> {
    let global: JsValue = js_sys::global().into();
    let target = match name {
        None => global,
        Some(name) => Reflect::get(&global, &name.into()).ok()?,
    };
    // In a runtime without events on its global (Node) there is nothing to listen for.
    let has_events = Reflect::has(&target, &"addEventListener".into()).unwrap_or(false);
    has_events.then(|| target.unchecked_into())
}
