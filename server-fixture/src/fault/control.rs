//! The fault port's own endpoints: store a script, read its log, cut its connections, remove it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::head::{allow_everything, head};
use super::play::check;
use super::presets::{self, Params};
use super::script::{Framing, Response, Script};
use super::shelf::Shelf;
use super::stage::Cut;
use super::text::Words;
use super::wire::Request;
use crate::text::{pairs, query_value};

/// Milliseconds that the log waits by default, and at most.
const PATIENCE: (u64, u64) = (5_000, 60_000);

/// Answers a request that is not for a script.
pub(crate) async fn answer(
    shelf: &Arc<Shelf>,
    request: &Request,
    mut read: OwnedReadHalf,
    mut write: OwnedWriteHalf,
) {
    let (response, body) = match request.is_preflight() {
        true => (allow_everything(request), Vec::new()),
        false => reply(shelf, request).await.into_response(),
    };
    if send(&mut write, &response, request, &body).await.is_ok() {
        let mut scrap = [0; 64];
        let _ = timeout(Duration::from_secs(1), read.read(&mut scrap)).await;
    }
}

async fn send(
    write: &mut OwnedWriteHalf,
    response: &Response,
    request: &Request,
    body: &[u8],
) -> io::Result<()> {
    let head = head(response, request, &Words::default());
    write.write_all(&[head.as_bytes(), body].concat()).await?;
    write.shutdown().await
}

enum Reply {
    Json(u16, Value),
    Text(String),
}

impl Reply {
    fn error(status: u16, error: impl Into<String>) -> Self {
        Self::Json(
            status,
            json!({ "error": error.into(), "help": "/fault/help" }),
        )
    }

    fn into_response(self) -> (Response, Vec<u8>) {
        let (status, kind, body) = match self {
            Self::Json(status, value) => (status, "application/json", format!("{value}\n")),
            Self::Text(text) => (200, "text/plain; charset=utf-8", text),
        };
        let framing = Framing::Length(body.len() as u64);
        let mut response = Response {
            status,
            framing,
            ..Response::default()
        };
        response
            .headers
            .insert("content-type".to_owned(), Some(kind.to_owned()));
        (response, body.into_bytes())
    }
}

async fn reply(shelf: &Shelf, request: &Request) -> Reply {
    let path = request.path();
    match (request.method.as_str(), path) {
        ("GET", "/" | "/fault" | "/fault/" | "/fault/help") => Reply::Text(presets::help()),
        ("GET", "/fault/presets") => Reply::Json(200, presets::list()),
        ("POST", "/fault/script") => store(shelf, &request.body),
        ("GET", _) if path.ends_with("/log") => log(shelf, request).await,
        ("GET", _) if path.ends_with("/script") => show(shelf, request),
        ("POST", _) if path.ends_with("/close") => close(shelf, request),
        ("DELETE", _) if shelf.remove(request) => Reply::Json(200, json!({ "removed": true })),
        _ => Reply::error(404, format!("there is nothing at {path}")),
    }
}

/// A script as it is, or a preset to be stored under an address of its own.
#[derive(Deserialize)]
#[serde(untagged)]
enum Submission {
    Preset {
        preset: String,
        #[serde(default)]
        params: serde_json::Map<String, Value>,
        #[serde(default)]
        record_authorization: bool,
    },
    Script(Script),
}

fn store(shelf: &Shelf, body: &[u8]) -> Reply {
    match read(body).and_then(|script| shelf.add(script).map_err(str::to_owned)) {
        Ok(path) => {
            let log = format!("{path}/log");
            Reply::Json(200, json!({ "url": path, "log": log }))
        }
        Err(error) => Reply::error(400, error),
    }
}

fn read(body: &[u8]) -> Result<Script, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let is_preset = value.get("preset").is_some();
    let script = match is_preset {
        true => match serde_json::from_value(value).map_err(|error| error.to_string())? {
            Submission::Preset {
                preset,
                params,
                record_authorization,
            } => {
                let found = presets::find(&preset).ok_or("there is no such preset")?;
                Script {
                    record_authorization,
                    ..found.script(&Params::from_json(&params))?
                }
            }
            Submission::Script(script) => script,
        },
        // Not by way of the enum, whose error would not name the wrong member.
        false => serde_json::from_value(value).map_err(|error| error.to_string())?,
    };
    script
        .responses
        .iter()
        .chain(&script.preflight)
        .try_for_each(|r| check(&r.steps))?;
    Ok(script)
}

async fn log(shelf: &Shelf, request: &Request) -> Reply {
    let Some(stage) = shelf.find_by(request, "/log") else {
        return Reply::error(404, "there is no such script");
    };
    let number = |name| query_value(request.query(), name).and_then(|text| text.parse().ok());
    let patience = number("timeout").unwrap_or(PATIENCE.0).min(PATIENCE.1);
    let (wait, ended) = (number("wait").unwrap_or(0), number("ended").unwrap_or(0));
    Reply::Json(
        200,
        stage
            .log(wait, ended, Duration::from_millis(patience))
            .await,
    )
}

fn show(shelf: &Shelf, request: &Request) -> Reply {
    match shelf.find_by(request, "/script") {
        Some(stage) => Reply::Json(200, json!(stage.script)),
        None => Reply::error(404, "there is no such script"),
    }
}

fn close(shelf: &Shelf, request: &Request) -> Reply {
    let Some(stage) = shelf.find_by(request, "/close") else {
        return Reply::error(404, "there is no such script");
    };
    let own = pairs(request.query().unwrap_or_default());
    let is_reset = own
        .iter()
        .any(|(key, value)| key == "how" && value == "rst");
    stage.cut(if is_reset { Cut::Rst } else { Cut::Fin });
    Reply::Json(200, json!({ "closed": true }))
}
