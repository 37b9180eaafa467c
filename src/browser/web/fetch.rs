//! Conversions between the requests and responses of a replaced `fetch` and those of the browser.

use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use super::exception::Exception;
use super::response::head_of;
use super::sys;
use crate::browser::fetch::{FetchRequest, FetchResponse, ResponseBody};
use crate::browser::request_body::{Body, Content};

impl FetchRequest {
    /// The options for the global `fetch`. Their signal aborts the request when the source drops it.
    pub fn init(&self) -> &RequestInit {
        &self.init
    }

    /// Sends the request with the global `fetch`.
    ///
    /// ```no_run
    /// use authenticated_event_source::{AuthenticatedEventSource, Error};
    ///
    /// # fn open() -> Result<AuthenticatedEventSource, Error> {
    /// AuthenticatedEventSource::builder("/events")
    ///     .fetch(|request| async move {
    ///         println!("{request:?}");
    ///         request.send().await
    ///     })
    ///     .open()
    /// # }
    /// ```
    ///
    /// # Errors
    /// The exception of `fetch`.
    pub async fn send(self) -> Result<FetchResponse, Exception> {
        let response = sys::fetch(&self.url, &self.init)?;
        let response: Response = JsFuture::from(response).await?.unchecked_into();
        Ok(response.into())
    }
}

impl From<Response> for FetchResponse {
    fn from(response: Response) -> Self {
        // A closure may return anything as a `Response`, without a check.
        let headers = sys::member(&response, "headers");
        let entries = headers.and_then(|headers| sys::member(&headers, "entries"));
        if !entries.is_some_and(|entries| entries.is_instance_of::<Function>()) {
            return Self {
                body: ResponseBody::NotAResponse,
                ..Self::new(0)
            };
        }
        let kind = sys::member(&response, "type").and_then(|kind| kind.as_string());
        Self {
            head: head_of(&response),
            is_opaque_redirect: kind.as_deref() == Some("opaqueredirect"),
            is_redirected: response.redirected(),
            body: ResponseBody::Web(response),
        }
    }
}

impl FetchResponse {
    /// The response as an object of the browser, if it is one.
    pub(super) fn web(&self) -> Option<&Response> {
        match &self.body {
            ResponseBody::Web(response) => Some(response),
            _ => None,
        }
    }
}

/// A value of the browser, for example `FormData`.
impl From<JsValue> for Body {
    fn from(value: JsValue) -> Self {
        Self(Content::Value(value))
    }
}

impl Body {
    pub(super) fn to_js(&self) -> JsValue {
        match &self.0 {
            Content::Text(text) => JsValue::from_str(text),
            Content::Bytes(bytes) => Uint8Array::from(&**bytes).into(),
            Content::Value(value) => value.clone(),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(&self.0, Content::Value(value) if value.is_instance_of::<web_sys::ReadableStream>())
    }
}
