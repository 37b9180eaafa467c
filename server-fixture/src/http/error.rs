//! Error responses: JSON, with `Retry-After` where a retry can succeed.

use std::borrow::Cow;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::auth::AuthError;
use crate::limits::{LimitError, Scope};
use crate::sse::open_stream::OpenError;

/// An error response.
#[derive(Clone, Debug)]
pub(crate) struct HttpError {
    status: StatusCode,
    error: Cow<'static, str>,
    /// Seconds after which a retry may succeed.
    retry_after: Option<u64>,
}

impl HttpError {
    pub(crate) fn new(status: StatusCode, error: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            error: error.into(),
            retry_after: None,
        }
    }

    pub(crate) fn unauthorized(error: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error)
    }

    pub(crate) fn internal(error: &'static str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }

    pub(crate) fn unavailable(error: impl Into<Cow<'static, str>>, retry_after: u64) -> Self {
        let retry_after = Some(retry_after);
        Self {
            retry_after,
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, error)
        }
    }

    pub(crate) fn too_many(error: impl Into<Cow<'static, str>>, retry_after: u64) -> Self {
        let retry_after = Some(retry_after);
        Self {
            retry_after,
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, error)
        }
    }

    /// The event log cannot be reached.
    pub(crate) fn log_unavailable() -> Self {
        Self::unavailable("The event log is not available. Retry in 1 s.", 1)
    }

    /// The server drains: another node may accept the request.
    pub(crate) fn shutting_down() -> Self {
        Self::unavailable("The server is shutting down. Retry in 1 s.", 1)
    }

    /// The token is revoked on this node. The server stores the revocation as soon as it can.
    pub(crate) fn logout_not_stored() -> Self {
        let error = "The logout is valid on this node, but is not stored yet. Wait 1 s.";
        Self::unavailable(error, 1)
    }

    /// A change is not stored for all nodes.
    pub(crate) fn cluster_unavailable() -> Self {
        let error = "The other nodes were not notified. Retry in 1 s.";
        Self::unavailable(error, 1)
    }
}

/// Passes on the message of axum, which names the member that is wrong.
impl From<JsonRejection> for HttpError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

/// "Token required", "Invalid token", "Too many connections" and "Task not found" must not change,
/// because existing clients compare these texts.
impl From<AuthError> for HttpError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::unauthorized("Token required"),
            AuthError::Invalid => Self::unauthorized("Invalid token"),
            AuthError::Revoked => Self::unauthorized("Token revoked. Log in again."),
            AuthError::NotSigned => Self::internal("The token was not signed. Retry later."),
        }
    }
}

impl From<LimitError> for HttpError {
    fn from(error: LimitError) -> Self {
        let LimitError { scope, retry_after } = error;
        match scope {
            Scope::Cluster => Self::unavailable(
                "Too many connections on all nodes. Retry later.",
                retry_after,
            ),
            Scope::Node => Self::unavailable("Too many connections", retry_after),
            Scope::Ip => Self::too_many(
                "Too many connections from this address. Close some, or retry later.",
                retry_after,
            ),
            Scope::User => Self::too_many(
                "Too many connections of this user. Close some, or retry later.",
                retry_after,
            ),
        }
    }
}

impl From<OpenError> for HttpError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::ShuttingDown => Self::shutting_down(),
            OpenError::Limit(error) => error.into(),
            OpenError::LogUnavailable => Self::log_unavailable(),
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let Some(seconds) = self.retry_after {
            body["retry_after"] = seconds.into();
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
