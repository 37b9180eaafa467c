//! The body of a request.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

/// The body of a request: text, bytes, or any value that `fetch` accepts.
#[derive(Clone, PartialEq)]
pub struct Body(pub(super) JsValue);

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self(JsValue::from_str(text))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(&*text)
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Self {
        Self(Uint8Array::from(bytes).into())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(&*bytes)
    }
}

/// A value of the browser, for example `FormData`.
impl From<JsValue> for Body {
    fn from(value: JsValue) -> Self {
        Self(value)
    }
}

/// Without the content, which may be secret.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}
