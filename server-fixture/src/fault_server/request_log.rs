//! The request log of a script, which a test reads back.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::budget::{Budget, Reserved};
use super::http1_request::Request;
use crate::util::{hex, query_value};

/// Most requests that are stored per script. The counters have no limit.
const MAX_ENTRIES: usize = 10_000;
/// Most bytes of requests that are stored per script.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most different tokens that are numbered per script.
const MAX_TOKENS: usize = 1000;
/// Bytes of a request body that are stored.
const MAX_BODY: usize = 16 * 1024;
/// Hexadecimal digits of a token's hash: enough to distinguish tokens, too few to find one.
const HASH_DIGITS: usize = 12;

/// One request, and how it ended.
#[derive(Debug, Serialize)]
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
    /// The memory of this entry.
    #[serde(skip)]
    reserved: Option<Reserved>,
}

impl RequestLogEntry {
    /// Returns about how many bytes of memory the entry uses.
    fn size(&self) -> usize {
        let header = |(name, value): &(String, String)| 64 + name.len() + value.len();
        let headers: usize = self.headers.iter().map(header).sum();
        let cursor = self.last_event_id.as_ref().map_or(0, String::len) * 3;
        size_of::<Self>() + self.target.len() + headers + cursor + self.body.len()
    }
}

/// The end of a connection: time, initiator and number of bytes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ended {
    at_ms: f64,
    by: &'static str,
    bytes_sent: u64,
}

/// All requests to one script.
#[derive(Debug)]
pub(crate) struct RequestLog {
    budget: Budget,
    /// The bytes of all entries.
    bytes: usize,
    requests: Vec<RequestLogEntry>,
    preflights: Vec<RequestLogEntry>,
    /// Hashes in the order of their first use. The index of a token is its index in this list.
    tokens: Vec<String>,
    /// The number of all requests, including those that are not stored.
    pub(crate) count: u64,
    pub(crate) ended: u64,
}

impl RequestLog {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            budget,
            bytes: 0,
            requests: Vec::new(),
            preflights: Vec::new(),
            tokens: Vec::new(),
            count: 0,
            ended: 0,
        }
    }

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
        self.count += u64::from(!is_preflight);
        let mut entry = self.entry(request, response, at_ms, record_secrets, seq);
        let size = entry.size();
        // The index of a request is its number, so no request is stored after one that was not.
        let is_next = is_preflight || self.requests.len() as u64 == seq;
        let list = match is_preflight {
            true => &mut self.preflights,
            false => &mut self.requests,
        };
        if is_next && list.len() < MAX_ENTRIES && self.bytes + size <= MAX_BYTES {
            entry.reserved = self.budget.reserve(size);
            if entry.reserved.is_some() {
                self.bytes += size;
                list.push(entry);
            }
        }
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
            reserved: None,
        }
    }

    fn secret(&mut self, request: &Request, name: &str, record_secrets: bool) -> Option<Value> {
        let value = request.header(name)?;
        let (scheme, token) = value.split_once(' ').unwrap_or(("", &value));
        let hash = hash(token);
        let index = self.token_index(&hash);
        let mut shown = json!({ "sha256": hash, "token_index": index });
        if name == "authorization" {
            shown["scheme"] = scheme.into();
        }
        if record_secrets {
            shown["value"] = value.into();
        }
        Some(shown)
    }

    /// Returns the index of a token. Above the limit a new token has no index.
    fn token_index(&mut self, hash: &str) -> Option<usize> {
        let position = self.tokens.iter().position(|known| known == hash);
        if position.is_none() && self.tokens.len() < MAX_TOKENS {
            self.tokens.push(hash.to_owned());
            return Some(self.tokens.len() - 1);
        }
        position
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

    /// Returns about how many bytes the log has as JSON. Control characters become six bytes.
    pub(super) fn size(&self) -> usize {
        2 * self.bytes
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
    let is = |names: &[&str]| names.iter().any(|it| name.eq_ignore_ascii_case(it));
    let text = String::from_utf8_lossy(value).into_owned();
    let text = match () {
        () if record_secrets => text,
        () if is(&["authorization", "cookie"]) => {
            "(hidden, see authorization and cookie)".to_owned()
        }
        () if is(&["proxy-authorization"]) => "(hidden)".to_owned(),
        () if is(&["referer"]) => hide_token(&text),
        () => text,
    };
    (name.to_owned(), text)
}

fn hash(token: &str) -> String {
    let mut text = hex(&Sha256::digest(token.as_bytes()));
    text.truncate(HASH_DIGITS);
    text
}

/// Replaces the value of `token=` by its hash. The name may be percent-encoded.
fn hide_token(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if query_value(Some(&format!("{name}=")), "token").is_some() => {
            format!("token=sha256:{}", hash(value))
        }
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}
