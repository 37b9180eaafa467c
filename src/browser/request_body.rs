//! The body of a request.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The body of a request: text or bytes. On wasm32 also any other value that `fetch` accepts, from a
/// `JsValue`.
#[derive(Clone, PartialEq)]
pub struct Body(pub(super) Content);

#[derive(Clone, PartialEq)]
pub(super) enum Content {
    Text(String),
    Bytes(Vec<u8>),
    #[cfg(target_arch = "wasm32")]
    Value(wasm_bindgen::JsValue),
}

impl Body {
    /// The text or the bytes. `None` for a value of the browser.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Content::Text(text) => Some(text.as_bytes()),
            Content::Bytes(bytes) => Some(bytes),
            #[cfg(target_arch = "wasm32")]
            Content::Value(_) => None,
        }
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self(Content::Text(text.into()))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(Content::Text(text))
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Self {
        Self(Content::Bytes(bytes.into()))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Bytes(bytes))
    }
}

/// Without the content, which may be secret.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}
