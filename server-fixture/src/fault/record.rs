//! The request log: what a test reads back instead of guessing.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::wire::Request;
use crate::text::hex;

/// Requests remembered per script; the counters go on beyond.
const MAX_ENTRIES: usize = 10_000;
/// Bytes of a request body that are kept.
const MAX_BODY: usize = 16 * 1024;
/// Hexadecimal digits of a token's hash: enough to tell tokens apart, useless to guess one.
const HASH_DIGITS: usize = 12;

/// One request, and how it ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Counts from 0, preflights not included.
    pub(crate) seq: u64,
    /// Milliseconds since the script was made.
    at_ms: f64,
    /// The response that was played, as an index into the script.
    response: Option<usize>,
    method: String,
    target: String,
    /// Names in the client's order and case; secrets as hashes.
    headers: Vec<(String, String)>,
    last_event_id: Option<String>,
    last_event_id_hex: Option<String>,
    authorization: Option<Value>,
    cookie: Option<Value>,
    body: String,
    /// Who ended it, when, and after how many bytes; `null` while it is open.
    ended: Option<Ended>,
}

/// How a connection ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ended {
    at_ms: f64,
    by: &'static str,
    bytes_sent: u64,
}

/// All requests to one script.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) requests: Vec<Entry>,
    pub(crate) preflights: Vec<Entry>,
    /// Hashes in the order of their first appearance: a token's index is its place here.
    tokens: Vec<String>,
    /// Requests ever, also those that are no longer remembered.
    pub(crate) count: u64,
    pub(crate) ended: u64,
}

impl Log {
    /// Notes a request; gives the number by which [`Log::end`] will find it.
    pub(crate) fn begin(
        &mut self,
        request: &Request,
        response: Option<usize>,
        at_ms: f64,
        open: bool,
    ) -> u64 {
        let is_preflight = request.is_preflight();
        let seq = if is_preflight {
            self.preflights.len() as u64
        } else {
            self.count
        };
        let entry = self.entry(request, response, at_ms, open, seq);
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
        open: bool,
        seq: u64,
    ) -> Entry {
        let cursor = request.header_bytes("last-event-id");
        let body = &request.body[..request.body.len().min(MAX_BODY)];
        Entry {
            seq,
            at_ms,
            response,
            method: request.method.clone(),
            target: target(request, open),
            headers: headers(request, open),
            last_event_id: cursor.map(|value| String::from_utf8_lossy(value).into_owned()),
            last_event_id_hex: cursor.map(hex),
            authorization: self.secret(request, "authorization", open),
            cookie: self.secret(request, "cookie", open),
            body: String::from_utf8_lossy(body).into_owned(),
            ended: None,
        }
    }

    fn secret(&mut self, request: &Request, name: &str, open: bool) -> Option<Value> {
        let value = request.header(name)?;
        let (scheme, token) = value.split_once(' ').unwrap_or(("", &value));
        let hash = hash(token);
        let known = self.tokens.iter().position(|known| *known == hash);
        let index = known.unwrap_or_else(|| {
            self.tokens.push(hash.clone());
            self.tokens.len() - 1
        });
        let mut shown = json!({ "sha256": hash, "token_index": index });
        if name == "authorization" {
            shown["scheme"] = scheme.into();
        }
        if open {
            shown["value"] = value.into();
        }
        Some(shown)
    }

    /// Notes the end of request `seq`.
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

    /// The answer of the log endpoint.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("count".into(), self.count.into());
        map.insert("ended".into(), self.ended.into());
        map.insert("requests".into(), json!(self.requests));
        map.insert("preflights".into(), json!(self.preflights));
        map
    }
}

fn target(request: &Request, open: bool) -> String {
    match open {
        true => request.target.clone(),
        false => without_token(&request.target),
    }
}

fn headers(request: &Request, open: bool) -> Vec<(String, String)> {
    let all = request.headers.iter();
    all.map(|(name, value)| shown(name, value, open)).collect()
}

fn shown(name: &str, value: &[u8], open: bool) -> (String, String) {
    let is_secret = ["authorization", "cookie"]
        .iter()
        .any(|s| name.eq_ignore_ascii_case(s));
    let text = String::from_utf8_lossy(value).into_owned();
    match is_secret && !open {
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

/// The target with the value of `token=` replaced by its hash.
fn without_token(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some(("token", value)) => format!("token=sha256:{}", hash(value)),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}
