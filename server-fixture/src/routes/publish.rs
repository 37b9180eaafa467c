//! `POST /publish`: an event for everybody, or for one user.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::visit::Visit;
use crate::hub::PublishError;
use crate::log::Draft;
use crate::node::Node;
use crate::refusal::Refusal;

#[derive(Deserialize)]
pub(crate) struct Publication {
    #[serde(rename = "type", default)]
    event_type: String,
    /// A string is sent as it is, any other JSON as the text that came.
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

/// Stores the event; the answer's id is final when it arrives.
pub(crate) async fn publish(
    State(node): State<Arc<Node>>,
    visit: Visit,
    body: Result<Json<Publication>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let user = visit.user(&node)?;
    if !user.may_publish {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "This token may not publish",
        ));
    }
    visit.count(&node, Some(&user)).await?;
    let Json(publication) = body?;
    let published = node.events.publish(publication.into_draft()).await;
    let cursor = published.map_err(refusal)?;
    node.figures.published();
    Ok(Json(json!({ "id": cursor.to_string() })))
}

fn refusal(error: PublishError) -> Refusal {
    match error {
        PublishError::Frame(error) => Refusal::new(StatusCode::BAD_REQUEST, error.to_string()),
        PublishError::Log(_) => Refusal::unavailable("The event log is not available", 1),
    }
}
