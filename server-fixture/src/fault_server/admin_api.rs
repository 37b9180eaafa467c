//! The administrative endpoints of the fault port: store a script, read its log, close its
//! connections, remove it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::budget::Reserved;
use super::http1_request::Request;
use super::placeholders::Placeholders;
use super::player::check;
use super::presets::{self, Params};
use super::response_head::{allow_everything, head};
use super::script::{Framing, Response, Script};
use super::script_state::Cut;
use super::script_store::ScriptStore;
use crate::util::{query_pairs, query_value};

/// The default of `?timeout=`, in milliseconds.
const DEFAULT_WAIT: u64 = 5_000;
/// The longest time that a client may take to read a response.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum of `?timeout=`, in milliseconds.
const MAX_WAIT: u64 = 60_000;

/// Responds to a request that is not for a script.
pub(crate) async fn respond(
    store: &Arc<ScriptStore>,
    request: &Request,
    mut read: OwnedReadHalf,
    mut write: OwnedWriteHalf,
) {
    // The reserved memory is free again when the response is sent.
    let (response, body, _reserved) = match request.is_preflight() {
        true => (allow_everything(request), Vec::new(), None),
        false => {
            let (reply, reserved) = reply(store, request).await;
            let (response, body) = reply.into_response();
            (response, body, reserved)
        }
    };
    let sent = timeout(SEND_TIMEOUT, send(&mut write, &response, request, &body)).await;
    if matches!(sent, Ok(Ok(()))) {
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
    let head = head(response, request, &Placeholders::default())?;
    write.write_all(head.as_bytes()).await?;
    write.write_all(body).await?;
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

/// The reply to a request, and the memory that it occupies until it is sent.
async fn reply(store: &ScriptStore, request: &Request) -> (Reply, Option<Reserved>) {
    let path = request.path();
    match (request.method.as_str(), path) {
        ("GET", _) if path.ends_with("/log") => log(store, request).await,
        ("GET", _) if path.ends_with("/script") => show(store, request),
        _ => (small_reply(store, request), None),
    }
}

fn small_reply(store: &ScriptStore, request: &Request) -> Reply {
    let path = request.path();
    match (request.method.as_str(), path) {
        ("GET", "/" | "/fault" | "/fault/" | "/fault/help") => Reply::Text(presets::help()),
        ("GET", "/fault/presets") => Reply::Json(200, presets::list()),
        ("POST", "/fault/script") => store_script(store, &request.body),
        ("POST", _) if path.ends_with("/close") => close(store, request),
        ("DELETE", _) if store.remove(request) => Reply::Json(200, json!({ "removed": true })),
        _ => Reply::error(
            404,
            format!("There is nothing at {path}. See the help for all paths."),
        ),
    }
}

/// A body of `POST /fault/script` that names a preset, which gets its own URL. Other bodies are
/// scripts.
#[derive(Deserialize)]
struct PresetSubmission {
    preset: String,
    #[serde(default)]
    params: serde_json::Map<String, Value>,
    #[serde(default)]
    record_authorization: bool,
}

/// Finds out whether a body names a preset, without storing its other members.
#[derive(Deserialize)]
struct Probe {
    preset: Option<IgnoredAny>,
}

fn store_script(store: &ScriptStore, body: &[u8]) -> Reply {
    // An object of two bytes becomes a value of some hundred bytes.
    let size = objects(body) * size_of::<Response>();
    let Some(_parsed) = store.transient.reserve(size) else {
        return Reply::error(
            400,
            "The script has too many parts. Send fewer responses and steps.",
        );
    };
    match read(body).and_then(|script| store.add(script).map_err(str::to_owned)) {
        Ok(path) => {
            let log = format!("{path}/log");
            Reply::Json(200, json!({ "url": path, "log": log }))
        }
        Err(error) => Reply::error(400, error),
    }
}

/// Counts the objects of a JSON text.
fn objects(json: &[u8]) -> usize {
    let (mut count, mut is_text, mut is_escaped) = (0, false, false);
    for &byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' if !is_text => count += 1,
            _ => {}
        }
    }
    count
}

fn read(body: &[u8]) -> Result<Script, String> {
    let describe = |error: serde_json::Error| error.to_string();
    // A body that is no object has no preset. The script below reports its error.
    let probe: Option<Probe> = serde_json::from_slice(body).ok();
    let script = match probe.and_then(|probe| probe.preset) {
        Some(_) => preset(serde_json::from_slice(body).map_err(describe)?)?,
        None => serde_json::from_slice(body).map_err(describe)?,
    };
    script
        .responses
        .iter()
        .chain(&script.preflight)
        .try_for_each(|r| check(&r.steps))?;
    Ok(script)
}

fn preset(submission: PresetSubmission) -> Result<Script, String> {
    let found = presets::find(&submission.preset)
        .ok_or("There is no such preset. See /fault/presets for the names.")?;
    Ok(Script {
        record_authorization: submission.record_authorization,
        ..found.script(&Params::from_json(&submission.params))?
    })
}

/// Reserves memory for a reply. Slow clients could otherwise fill the memory with large replies.
fn large_reply(
    store: &ScriptStore,
    bytes: usize,
    build: impl FnOnce() -> Value,
) -> (Reply, Option<Reserved>) {
    match store.transient.reserve(bytes) {
        Some(reserved) => (Reply::Json(200, build()), Some(reserved)),
        None => (Reply::error(503, TOO_BUSY), None),
    }
}

/// The error while other clients read large replies.
const TOO_BUSY: &str = "Other clients are reading large replies. Retry in 10 s.";

fn no_script() -> Reply {
    let error = "There is no such script. Store it with POST /fault/script.";
    Reply::error(404, error)
}

async fn log(store: &ScriptStore, request: &Request) -> (Reply, Option<Reserved>) {
    let Some(state) = store.find_by(request, "/log") else {
        return (no_script(), None);
    };
    let number = |name| query_value(request.query(), name).and_then(|text| text.parse().ok());
    let timeout_ms = number("timeout").unwrap_or(DEFAULT_WAIT).min(MAX_WAIT);
    let (wait, ended) = (number("wait").unwrap_or(0), number("ended").unwrap_or(0));
    let time_limit = Duration::from_millis(timeout_ms);
    let satisfied = state.wait(wait, ended, time_limit).await;
    large_reply(store, state.log_size(), || state.log(satisfied))
}

fn show(store: &ScriptStore, request: &Request) -> (Reply, Option<Reserved>) {
    match store.find_by(request, "/script") {
        Some(state) => large_reply(store, state.script.size(), || json!(state.script)),
        None => (no_script(), None),
    }
}

fn close(store: &ScriptStore, request: &Request) -> Reply {
    let Some(state) = store.find_by(request, "/close") else {
        return no_script();
    };
    let params = query_pairs(request.query().unwrap_or_default());
    let is_reset = params
        .iter()
        .any(|(key, value)| key == "how" && value == "rst");
    state.cut(if is_reset { Cut::Rst } else { Cut::Fin });
    Reply::Json(200, json!({ "closed": true }))
}
