use js_sys::JSON;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestInit};

use super::sys;

/// Without CORS, and without secrets.
const INIT: &str = r#"{"mode":"no-cors","credentials":"omit","cache":"no-store"}"#;

/// Whether anything answers at `url`. Asked without CORS and without secrets, so that a server
/// whose CORS headers refuse us counts as alive; what it answers cannot be seen.
pub(super) async fn is_alive(url: &str) -> bool {
    let Ok(controller) = AbortController::new() else {
        return false;
    };
    let Ok(init) = JSON::parse(INIT) else {
        return false;
    };
    let init: RequestInit = init.unchecked_into();
    init.set_signal(Some(&controller.signal()));
    let Ok(response) = sys::fetch(None, url, &init) else {
        return false;
    };
    let is_alive = JsFuture::from(response).await.is_ok();
    controller.abort();
    is_alive
}
