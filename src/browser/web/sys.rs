//! Bindings to platform functions that web-sys lacks, or has only for some kinds of global objects.

use alloc::string::String;

use js_sys::{JSON, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, MessageChannel, MessagePort, RequestInit};

use crate::connection::{Millis, TokenLife};

#[wasm_bindgen]
extern "C" {
    /// The global [`fetch`] of a window or worker, looked up at each call.
    ///
    /// [`fetch`]: https://fetch.spec.whatwg.org/#fetch-method
    #[wasm_bindgen(catch)]
    pub(super) fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    /// Adds a listener to the global object. The controller `until` serves as the options: its member
    /// `signal` removes the listener.
    #[wasm_bindgen(js_name = addEventListener, catch)]
    pub(super) fn listen(
        event: &str,
        callback: &Closure<dyn FnMut(JsValue)>,
        until: &AbortController,
    ) -> Result<(), JsValue>;

    /// Adds a listener to the document.
    #[wasm_bindgen(js_namespace = document, js_name = addEventListener, catch)]
    pub(super) fn listen_to_document(
        event: &str,
        callback: &Closure<dyn FnMut(JsValue)>,
        until: &AbortController,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = performance, js_name = now, catch)]
    fn performance_now() -> Result<f64, JsValue>;

    /// Decodes Base64 into one code point for each byte.
    #[wasm_bindgen(catch)]
    fn atob(base64: &str) -> Result<String, JsValue>;
}

/// Reads the claims `exp` and `iat` of a JWT ([RFC 7519 §4.1](https://www.rfc-editor.org/rfc/rfc7519#section-4.1))
/// with the engine's own Base64 and JSON decoders.
pub(in crate::browser) fn jwt_life(token: &str) -> Option<TokenLife> {
    let mut parts = token.as_bytes().split(|byte| *byte == b'.');
    let claims = parts.nth(1).filter(|_| parts.count() == 1)?;
    let base64 = claims.iter().map(|byte| match byte {
        b'-' => '+',
        b'_' => '/',
        byte => char::from(*byte),
    });
    let json = atob(&base64.collect::<String>()).ok()?;
    let claims = JSON::parse(&json).ok()?;
    let time = |claim| {
        let seconds = member(&claims, claim)?.as_f64()?;
        Some(Millis::new((seconds * 1000.0) as u64))
    };
    Some(TokenLife {
        expires_at: time("exp")?,
        issued_at: time("iat"),
    })
}

/// The time of the monotonic clock, or wall time if there is no such clock.
#[inline(never)]
pub(super) fn monotonic() -> Millis {
    let time = performance_now().unwrap_or_else(|_| js_sys::Date::now());
    Millis::new(time as u64)
}

/// The wall time since 1970.
pub(super) fn unix() -> Millis {
    Millis::new(js_sys::Date::now() as u64)
}

/// Waits for the next task. A `MessageChannel` is not throttled, unlike the timers of a hidden page,
/// which fire once a second.
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

/// A port that is closed on drop. An open port is never collected, and keeps a Node process alive.
struct Port(MessagePort);

impl Drop for Port {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Returns `globalThis.name.key`, if both exist.
pub(super) fn global_member(name: &str, key: &str) -> Option<JsValue> {
    let object = member(&js_sys::global(), name)?;
    member(&object, key)
}

/// Returns the [origin] of the global object, if there is one.
///
/// [origin]: https://html.spec.whatwg.org/multipage/webappapis.html#dom-origin
pub(super) fn origin() -> Option<JsValue> {
    member(&js_sys::global(), "origin")
}

/// Whether the page is [cross-origin isolated].
///
/// [cross-origin isolated]: https://html.spec.whatwg.org/multipage/webappapis.html#dom-crossoriginisolated
pub(super) fn is_isolated() -> bool {
    member(&js_sys::global(), "crossOriginIsolated").is_some_and(|it| it.is_truthy())
}

/// Returns `object.key`, if it exists.
pub(super) fn member(object: &JsValue, key: &str) -> Option<JsValue> {
    // Throws if `object` is not an object.
    let value = Reflect::get(object, &JsValue::from_str(key)).ok()?;
    (!value.is_undefined()).then_some(value)
}
