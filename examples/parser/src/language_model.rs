//! Reads the answer of a language model with reqwest.

use authenticated_event_source::event_stream::{self, ByteStreamExt, JsonError};
use futures_util::StreamExt;
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// The reasons why an answer is missing or incomplete.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("The request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// For example 401 or 429. The body has the reason.
    #[error("The server answered {status}: {body}")]
    Status { status: StatusCode, body: String },
    #[error(transparent)]
    Stream(#[from] event_stream::Error<reqwest::Error>),
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// Sends `prompt` and passes each piece of the answer to `on_text`.
///
/// # Errors
/// The server refused the request, or the answer ended before `[DONE]`.
pub async fn complete(
    client: &Client,
    url: &str,
    prompt: &str,
    mut on_text: impl FnMut(&str),
) -> Result<(), Failure> {
    let body = json!({ "stream": true, "messages": [{ "role": "user", "content": prompt }] });
    let request = client.post(url).header(ACCEPT, "text/event-stream");
    let response = request.json(&body).send().await?;
    let status = response.status();
    // The body of an error is no event stream.
    if !status.is_success() {
        let body = response.text().await?;
        return Err(Failure::Status { status, body });
    }
    let mut events = response.bytes_stream().events().until("[DONE]");
    while let Some(event) = events.next().await {
        let chunk: Chunk = event?.json()?;
        for text in chunk.choices.into_iter().filter_map(|it| it.delta.content) {
            on_text(&text);
        }
    }
    Ok(())
}
