//! The error of a source: the failure, and the exception or response behind it.

use alloc::string::String;
use core::fmt;

use wasm_bindgen::JsValue;
use web_sys::Response;

use crate::connection::{Failure, Reason};

/// The exception and the response behind a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FailureContext {
    /// The exception.
    pub(super) cause: Option<JsValue>,
    /// The response. Its body is used up.
    pub(super) response: Option<Response>,
}

impl FailureContext {
    pub(super) fn of(response: Response) -> Self {
        Self {
            cause: None,
            response: Some(response),
        }
    }
}

/// The failure of a source, or of one attempt.
#[derive(Clone, PartialEq)]
pub struct Error {
    failure: Failure,
    context: FailureContext,
}

impl Error {
    pub(super) fn new(failure: Failure, context: FailureContext) -> Self {
        Self { failure, context }
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

    /// The exception that caused it, if there was one.
    pub fn cause(&self) -> Option<&JsValue> {
        self.context.cause.as_ref()
    }

    /// The response, if there was one. Its body is used up.
    pub fn response(&self) -> Option<&Response> {
        self.context.response.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

/// Without the exception and the response, which may hold secrets.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

impl core::error::Error for Error {}
