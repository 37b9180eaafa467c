//! `POST /publish`: publishes an event to all users, or to one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::state::AppState;
use crate::event_log::Draft;
use crate::event_log::hub::PublishError;
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;

/// The body of `POST /publish`.
#[derive(Deserialize)]
pub(in crate::http) struct Publication {
    #[serde(rename = "type", default)]
    event_type: String,
    /// A string is sent as text. Any other JSON is sent as it was written.
    data: Box<RawValue>,
    to: Option<String>,
}

impl Publication {
    fn into_draft(self) -> Draft {
        let text = serde_json::from_str::<String>(self.data.get());
        let data = text.unwrap_or_else(|_| self.data.get().to_owned());
        Draft {
            event_type: self.event_type,
            data,
            to: self.to,
        }
    }
}

/// Stores the event and returns its id.
pub(in crate::http) async fn publish(
    State(state): State<Arc<AppState>>,
    context: RequestContext,
    body: Result<Json<Publication>, JsonRejection>,
) -> Result<Json<Value>, HttpError> {
    let user = context.user(&state)?;
    if !user.may_publish {
        let error = "This token may not publish. Use one with the claim `publish`.";
        return Err(HttpError::new(StatusCode::FORBIDDEN, error));
    }
    context.count(&state, Some(&user)).await?;
    let Json(publication) = body?;
    let cursor = state.events.publish(publication.into_draft()).await?;
    state.metrics.published();
    Ok(Json(json!({ "id": cursor.to_string() })))
}

impl From<PublishError> for HttpError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Encode(error) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            PublishError::Log(_) => Self::log_unavailable(),
        }
    }
}
