use alloc::string::String;
use core::fmt;

use wasm_bindgen::JsValue;
use web_sys::Response;

use crate::connection::{Failure, Reason};

/// What came with a failure.
#[derive(Debug, Default)]
pub(super) struct FailureContext {
    /// The exception behind it.
    pub(super) cause: Option<JsValue>,
    /// The response, if one came. Its body is gone.
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

/// Why a source failed for good, or an attempt did.
pub struct Error {
    failure: Failure,
    context: FailureContext,
}

impl Error {
    pub(super) fn new(failure: Failure, context: FailureContext) -> Self {
        Self { failure, context }
    }

    /// Why.
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

    /// The exception behind it, if there was one.
    pub fn cause(&self) -> Option<&JsValue> {
        self.context.cause.as_ref()
    }

    /// The response, if one came. Its body is gone.
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
