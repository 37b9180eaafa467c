//! The request log of a script, which a test reads back.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::http1_request::Request;
use crate::util::hex;

/// Most requests that are stored per script. The counters have no limit.
const MAX_ENTRIES: usize = 10_000;
/// Bytes of a request body that are stored.
const MAX_BODY: usize = 16 * 1024;
/// Hexadecimal digits of a token's hash: enough to distinguish tokens, too few to find one.
const HASH_DIGITS: usize = 12;

/// One request, and how it ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RequestLogEntry {
    /// The number of the request, from 0. Preflights have their own numbers.
    pub(crate) seq: u64,
    /// Milliseconds since the script was created.
    at_ms: f64,
    /// The index of the response in the script.
    response: Option<usize>,
    method: String,
    target: String,
    /// Names in the client's order and case. Secrets are hidden.
    headers: Vec<(String, String)>,
    last_event_id: Option<String>,
    last_event_id_hex: Option<String>,
    authorization: Option<Value>,
    cookie: Option<Value>,
    body: String,
    /// `null` while the connection is open.
    ended: Option<Ended>,
}

/// The end of a connection: time, initiator and number of bytes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ended {
    at_ms: f64,
    by: &'static str,
    bytes_sent: u64,
}

/// All requests to one script.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    pub(crate) requests: Vec<RequestLogEntry>,
    pub(crate) preflights: Vec<RequestLogEntry>,
    /// Hashes in the order of their first use. The index of a token is its index in this list.
    tokens: Vec<String>,
    /// The number of all requests, including those that are not stored.
    pub(crate) count: u64,
    pub(crate) ended: u64,
}

impl RequestLog {
    /// Logs a request. Returns its number for [`RequestLog::end`].
    pub(crate) fn begin(
        &mut self,
        request: &Request,
        response: Option<usize>,
        at_ms: f64,
        record_secrets: bool,
    ) -> u64 {
        let is_preflight = request.is_preflight();
        let seq = if is_preflight {
            self.preflights.len() as u64
        } else {
            self.count
        };
        let entry = self.entry(request, response, at_ms, record_secrets, seq);
        let list = if is_preflight {
            &mut self.preflights
        } else {
            &mut self.requests
        };
        if list.len() < MAX_ENTRIES {
            list.push(entry);
        }
        self.count += u64::from(!is_preflight);
        seq
    }

    fn entry(
        &mut self,
        request: &Request,
        response: Option<usize>,
        at_ms: f64,
        record_secrets: bool,
        seq: u64,
    ) -> RequestLogEntry {
        let cursor = request.header_bytes("last-event-id");
        let body = &request.body[..request.body.len().min(MAX_BODY)];
        RequestLogEntry {
            seq,
            at_ms,
            response,
            method: request.method.clone(),
            target: target(request, record_secrets),
            headers: headers(request, record_secrets),
            last_event_id: cursor.map(|value| String::from_utf8_lossy(value).into_owned()),
            last_event_id_hex: cursor.map(hex),
            authorization: self.secret(request, "authorization", record_secrets),
            cookie: self.secret(request, "cookie", record_secrets),
            body: String::from_utf8_lossy(body).into_owned(),
            ended: None,
        }
    }

    fn secret(&mut self, request: &Request, name: &str, record_secrets: bool) -> Option<Value> {
        let value = request.header(name)?;
        let (scheme, token) = value.split_once(' ').unwrap_or(("", &value));
        let hash = hash(token);
        let position = self.tokens.iter().position(|known| *known == hash);
        let index = position.unwrap_or_else(|| {
            self.tokens.push(hash.clone());
            self.tokens.len() - 1
        });
        let mut shown = json!({ "sha256": hash, "token_index": index });
        if name == "authorization" {
            shown["scheme"] = scheme.into();
        }
        if record_secrets {
            shown["value"] = value.into();
        }
        Some(shown)
    }

    /// Logs the end of request `seq`.
    pub(crate) fn end(&mut self, seq: u64, at_ms: f64, by: &'static str, bytes_sent: u64) {
        self.ended += 1;
        let entry = usize::try_from(seq)
            .ok()
            .and_then(|index| self.requests.get_mut(index));
        if let Some(entry) = entry {
            entry.ended = Some(Ended {
                at_ms,
                by,
                bytes_sent,
            });
        }
    }

    /// Returns the response of the log endpoint.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("count".into(), self.count.into());
        map.insert("ended".into(), self.ended.into());
        map.insert("requests".into(), json!(self.requests));
        map.insert("preflights".into(), json!(self.preflights));
        map
    }
}

fn target(request: &Request, record_secrets: bool) -> String {
    match record_secrets {
        true => request.target.clone(),
        false => hide_token(&request.target),
    }
}

fn headers(request: &Request, record_secrets: bool) -> Vec<(String, String)> {
    let all = request.headers.iter();
    all.map(|(name, value)| shown(name, value, record_secrets))
        .collect()
}

fn shown(name: &str, value: &[u8], record_secrets: bool) -> (String, String) {
    let is_secret = ["authorization", "cookie"]
        .iter()
        .any(|s| name.eq_ignore_ascii_case(s));
    let text = String::from_utf8_lossy(value).into_owned();
    match is_secret && !record_secrets {
        true => (
            name.to_owned(),
            "(hidden, see authorization and cookie)".to_owned(),
        ),
        false => (name.to_owned(), text),
    }
}

fn hash(token: &str) -> String {
    let mut text = hex(&Sha256::digest(token.as_bytes()));
    text.truncate(HASH_DIGITS);
    text
}

/// Replaces the value of `token=` by its hash.
fn hide_token(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some(("token", value)) => format!("token=sha256:{}", hash(value)),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}
