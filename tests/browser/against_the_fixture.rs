//! Over the wire, from another origin.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

const FIXTURE: &str = env!("FIXTURE_URL");

#[wasm_bindgen_test]
async fn the_server_is_there() {
    let answer = JsFuture::from(gloo_fetch(&format!("{FIXTURE}/health/live"))).await;
    let answer: web_sys::Response = answer.expect("an answer").unchecked_into();
    assert_eq!(answer.status(), 200);
}

fn gloo_fetch(url: &str) -> js_sys::Promise {
    let fetch: js_sys::Function = js_sys::Reflect::get(&js_sys::global(), &"fetch".into())
        .expect("fetch")
        .unchecked_into();
    fetch
        .call1(&JsValue::UNDEFINED, &url.into())
        .expect("a promise")
        .unchecked_into()
}
