//! The error of a source: the failure, and the cause or response behind it.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use core::fmt;

use super::context::ResponseHead;
use crate::connection::{Failure, Reason};

/// An error of any type, for the results of providers.
pub type BoxError = Box<dyn core::error::Error>;

/// The error behind a failure, which several sources may share. `connection::Cause` is why an attempt
/// is made.
pub(super) type SharedError = Rc<dyn core::error::Error>;

/// The cause and the response behind a failure.
#[derive(Clone, Default)]
pub(super) struct FailureContext {
    /// The exception of the platform, or the error of a provider.
    pub(super) cause: Option<SharedError>,
    /// The response.
    pub(super) response: Option<ResponseHead>,
    /// The response as an object of the browser. Its body is used up.
    #[cfg(target_arch = "wasm32")]
    pub(super) web_response: Option<web_sys::Response>,
    /// The text of an error response.
    pub(super) body: Option<String>,
}

impl FailureContext {
    /// Removes the cause if its text, or the text of one of its own causes, contains one of these
    /// secrets.
    pub(super) fn redact(&mut self, secrets: &[String]) {
        let Some(cause) = &self.cause else { return };
        let mut link: Option<&dyn core::error::Error> = Some(&**cause);
        while let Some(error) = link {
            let text = error.to_string();
            if secrets
                .iter()
                .any(|it| !it.is_empty() && text.contains(&**it))
            {
                self.cause = None;
                return;
            }
            link = error.source();
        }
    }
}

/// The failure of a source, or of one attempt.
///
/// Two errors are equal if their failures are, and if they have the same cause and response.
///
/// ```
/// use authenticated_event_source::Error;
/// use authenticated_event_source::connection::{Failure, Reason};
///
/// fn banner(error: &Error) -> String {
///     match (error.reason(), error.body()) {
///         (Reason::Unauthorized, _) => String::from("Sign in again."),
///         (_, Some(body)) => format!("The server answered: {body}"),
///         _ => error.to_string(),
///     }
/// }
///
/// // In a unit test of the application, on any target:
/// let error = Error::from(Failure::new(Reason::Unauthorized));
/// assert_eq!(banner(&error), "Sign in again.");
/// ```
#[derive(Clone)]
pub struct Error(Rc<Contents>);

/// The contents of an error, which its clones share.
struct Contents {
    failure: Failure,
    message: String,
    context: FailureContext,
}

impl Error {
    pub(super) fn new(failure: Failure, message: String, context: FailureContext) -> Self {
        Self(Rc::new(Contents {
            failure,
            message,
            context,
        }))
    }

    /// An option or a request that cannot work.
    pub(super) fn of_problem(problem: &str) -> Self {
        Self::new(
            Failure::new(Reason::Request),
            problem.to_string(),
            FailureContext::default(),
        )
    }

    /// The failure, without its cause and response.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// Why it failed.
    pub fn reason(&self) -> Reason {
        self.0.failure.reason
    }

    /// The status of the response that failed the attempt. `None` without a response, or once the stream
    /// was open.
    pub fn status(&self) -> Option<u16> {
        self.0.failure.status
    }

    /// A stable code for programs, such as `ERR_UNAUTHORIZED`.
    pub fn code(&self) -> String {
        self.0.failure.code()
    }

    /// What happened, and what to do. It quotes no token, no header value except the content type, and
    /// of the URL neither user name, password, query nor fragment. `Display` adds the cause.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The text of an error response, or of a response with a wrong content type. At most 16 KiB are
    /// read, for at most 1 s. It is never part of a message, because it may contain secrets.
    pub fn body(&self) -> Option<&str> {
        self.0.context.body.as_deref()
    }

    /// The head of the response that failed the attempt. `None` without a response, or once the stream was
    /// open.
    pub fn response_head(&self) -> Option<&ResponseHead> {
        self.0.context.response.as_ref()
    }

    /// The response that failed the attempt, as an object of the browser, if there is one. Its body is
    /// used up.
    #[cfg(target_arch = "wasm32")]
    pub fn response(&self) -> Option<&web_sys::Response> {
        self.0.context.web_response.as_ref()
    }

    /// The exception of the platform that caused the failure, if there was one.
    #[cfg(target_arch = "wasm32")]
    pub fn exception(&self) -> Option<&wasm_bindgen::JsValue> {
        let cause = self.0.context.cause.as_deref()?;
        Some(cause.downcast_ref::<super::Exception>()?.value())
    }
}

/// An error without a cause and a response, for the unit tests of an application.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let message = failure.message();
        Self::new(failure, message, FailureContext::default())
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let has_same_cause = match (&self.0.context.cause, &other.0.context.cause) {
            (Some(cause), Some(other)) => Rc::ptr_eq(cause, other),
            (cause, other) => cause.is_none() && other.is_none(),
        };
        has_same_cause
            && self.0.failure == other.0.failure
            && self.0.message == other.0.message
            && self.0.context.response == other.0.context.response
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.context.cause {
            Some(cause) => write!(f, " (cause: {cause})"),
            None => Ok(()),
        }
    }
}

/// Without the cause, the response and its body, which may contain secrets.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("failure", &self.0.failure)
            .finish_non_exhaustive()
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.context.cause.as_deref()
    }
}
