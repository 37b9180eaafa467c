use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, RequestCache, RequestCredentials, RequestInit, RequestMode, RequestRedirect,
};

use super::sys;

/// Whether anything answers at `url`. Asked without CORS and without secrets, so that a server
/// whose CORS headers refuse us counts as alive; what it answers cannot be seen.
pub(super) async fn is_alive(url: &str) -> bool {
    let Ok(controller) = AbortController::new() else {
        return false;
    };
    let init = RequestInit::new();
    init.set_mode(RequestMode::NoCors);
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_redirect(RequestRedirect::Follow);
    init.set_signal(Some(&controller.signal()));
    let Ok(response) = sys::fetch(None, url, &init) else {
        return false;
    };
    let is_alive = JsFuture::from(response).await.is_ok();
    controller.abort();
    is_alive
}
