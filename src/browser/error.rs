//! The error of a source: the failure, and the cause or response behind it.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use core::fmt;

use wasm_bindgen::JsValue;
use web_sys::Response;

use super::sys;
use crate::connection::{Failure, Reason};

/// An error of any type, for the results of providers.
pub type BoxError = Box<dyn core::error::Error>;

/// A cause that several sources share.
pub(super) type Cause = Rc<dyn core::error::Error>;

/// The cause and the response behind a failure.
#[derive(Clone, Default)]
pub(super) struct FailureContext {
    /// The exception of the platform, or the error of a provider.
    pub(super) cause: Option<Cause>,
    /// The response. Its body is used up.
    pub(super) response: Option<Response>,
    /// The text of an error response.
    pub(super) body: Option<String>,
    /// The URL without user name, password, query and fragment.
    pub(super) url: Option<String>,
}

impl FailureContext {
    pub(super) fn of(response: Response) -> Self {
        Self {
            response: Some(response),
            ..Self::default()
        }
    }

    /// Removes the cause if its text contains one of these secrets.
    pub(super) fn redact(&mut self, secrets: &[String]) {
        self.cause.take_if(|cause| {
            let text = cause.to_string();
            secrets
                .iter()
                .any(|secret| !secret.is_empty() && text.contains(&**secret))
        });
    }
}

/// The failure of a source, or of one attempt.
///
/// Two errors are equal if their failures are, and if they have the same cause and response.
#[derive(Clone)]
pub struct Error {
    failure: Failure,
    context: FailureContext,
}

impl Error {
    pub(super) fn new(failure: Failure, context: FailureContext) -> Self {
        Self { failure, context }
    }

    /// The failure, without its cause and response.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Why it failed.
    pub fn reason(&self) -> Reason {
        self.failure.reason
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.failure.status
    }

    /// A stable code for programs, such as `ERR_UNAUTHORIZED`.
    pub fn code(&self) -> String {
        self.failure.code()
    }

    /// The text of an error response, or of a response with a wrong content type. At most 16 KiB are
    /// read, for at most 1 s. It is never part of a message, because it may contain secrets.
    pub fn body(&self) -> Option<&str> {
        self.context.body.as_deref()
    }

    /// The exception of the platform that caused the failure, if there was one.
    pub fn exception(&self) -> Option<&JsValue> {
        let cause = self.context.cause.as_deref()?;
        Some(cause.downcast_ref::<Exception>()?.value())
    }

    /// The response, if there was one. Its body is used up.
    pub fn response(&self) -> Option<&Response> {
        self.context.response.as_ref()
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let has_same_cause = match (&self.context.cause, &other.context.cause) {
            (Some(cause), Some(other)) => Rc::ptr_eq(cause, other),
            (cause, other) => cause.is_none() && other.is_none(),
        };
        has_same_cause
            && self.failure == other.failure
            && self.context.response == other.context.response
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)?;
        if let Some(url) = &self.context.url {
            write!(f, " URL: {url}")?;
        }
        match &self.context.cause {
            Some(cause) => write!(f, " (cause: {cause})"),
            None => Ok(()),
        }
    }
}

/// Without the cause, the response and its body, which may contain secrets.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.context.cause.as_deref()
    }
}

/// An exception of JavaScript as an error of Rust. A provider that calls JavaScript converts its
/// exceptions with `map_err(Exception::from)`.
pub struct Exception(JsValue);

impl Exception {
    pub(super) fn cause(value: JsValue) -> Cause {
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
