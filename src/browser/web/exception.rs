//! Exceptions of JavaScript as errors of Rust.

use alloc::rc::Rc;
use alloc::string::String;
use core::fmt;

use wasm_bindgen::JsValue;

use super::sys;
use crate::browser::error::SharedError;

/// An exception of JavaScript as an error of Rust. A provider that calls JavaScript converts its
/// exceptions with `map_err(Exception::from)`.
#[derive(Clone, PartialEq)]
pub struct Exception(JsValue);

impl Exception {
    pub(super) fn cause(value: JsValue) -> SharedError {
        Rc::new(Self(value))
    }

    /// The value that was thrown.
    pub fn value(&self) -> &JsValue {
        &self.0
    }

    fn text(&self, member: &str) -> Option<String> {
        sys::member(&self.0, member)?.as_string()
    }
}

impl From<JsValue> for Exception {
    fn from(value: JsValue) -> Self {
        Self(value)
    }
}

/// The name and the message.
impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.text("name");
        f.write_str(name.as_deref().unwrap_or("exception"))?;
        let message = self.text("message").or_else(|| self.0.as_string());
        match message.filter(|message| !message.is_empty()) {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

/// The name alone, because the message may quote a secret.
impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.text("name").unwrap_or_default();
        f.debug_tuple("Exception").field(&name).finish()
    }
}

impl core::error::Error for Exception {}
