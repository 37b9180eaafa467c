//! `POST /publish`: publishes an event to all users, or to one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::event_log::Draft;
use crate::event_log::hub::PublishError;
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::sse::control_events::is_reserved;
use crate::state::AppState;

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
    fn into_draft(self) -> Result<Draft, HttpError> {
        let bad_request = |error| HttpError::new(StatusCode::BAD_REQUEST, error);
        if is_reserved(&self.event_type) {
            return Err(bad_request(
                "The types `gap`, `shutdown` and `connected` are reserved for the server. Use \
                 another type.",
            ));
        }
        let json = self.data.get();
        if has_lone_surrogate(json) {
            return Err(bad_request(
                "`data` contains half of a surrogate pair, which is not valid Unicode. Send whole \
                 characters.",
            ));
        }
        let data = match json.starts_with('"') {
            true => serde_json::from_str(json).map_err(|_| bad_request("`data` is not valid."))?,
            false => json.to_owned(),
        };
        Ok(Draft {
            event_type: self.event_type,
            data,
            to: self.to,
        })
    }
}

/// Returns whether a valid JSON text contains an escape such as `\ud800` without its other half.
/// serde_json checks only strings that it decodes, and other data is sent as it was written.
fn has_lone_surrogate(json: &str) -> bool {
    let mut rest = json;
    while let Some(start) = rest.find('\\') {
        rest = &rest[start + 1..];
        let Some(unit) = escaped_unit(rest) else {
            // An escape of one character, which is ASCII.
            rest = &rest[1..];
            continue;
        };
        rest = &rest[5..];
        if (0xDC00..0xE000).contains(&unit) {
            return true;
        }
        if (0xD800..0xDC00).contains(&unit) {
            let other = rest.strip_prefix('\\').and_then(escaped_unit);
            if !other.is_some_and(|other| (0xDC00..0xE000).contains(&other)) {
                return true;
            }
            rest = &rest[6..];
        }
    }
    false
}

/// Returns the UTF-16 code unit of an escape, without its backslash. `None` for other escapes.
fn escaped_unit(escape: &str) -> Option<u16> {
    u16::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
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
    context.check_rate_limit(&state, Some(&user)).await?;
    let Json(publication) = body?;
    let cursor = state.events.publish(publication.into_draft()?).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_found_in_values_and_names() {
        for (json, expected) in [
            (r#""\ud83d\ude00""#, false),
            (r#""\uD83D\uDE00\uffff\u0000""#, false),
            (r#""\\ud800 \\\\ud800""#, false),
            (r#""\ud800""#, true),
            (r#""\uDFFF""#, true),
            (r#""\ud800\ud800""#, true),
            (r#""\ud800\n\udc00""#, true),
            (r#""\ud800udc00""#, true),
            (r#""\\\ud800""#, true),
            (r#"{"a":["\udc00\ud800"]}"#, true),
            (r#"{"\ud800":1}"#, true),
        ] {
            assert!(
                serde_json::from_str::<Box<RawValue>>(json).is_ok(),
                "{json}"
            );
            assert_eq!(has_lone_surrogate(json), expected, "{json}");
        }
    }
}
