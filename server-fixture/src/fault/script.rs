//! The grammar of a script: what to answer to the first request, the second, and so on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one script URL answers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The n-th response is for the n-th request; what comes after the last is up to `then`.
    pub responses: Vec<Response>,
    /// What follows the last response.
    #[serde(default)]
    pub then: Then,
    /// The answer to preflights; without it they are allowed whatever they ask for.
    #[serde(default)]
    pub preflight: Option<Response>,
    /// Keep `Authorization` and `Cookie` readable in the log, instead of a hash.
    #[serde(default)]
    pub record_authorization: bool,
}

/// What follows the last response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The last one again.
    #[default]
    RepeatLast,
    /// The first one again, and so on.
    StartOver,
}

/// One answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Reason phrase; the usual one if not given.
    pub reason: Option<String>,
    /// Headers by name; `null` leaves a default header (`content-type`, `cache-control`, the CORS
    /// ones, `connection`) out.
    pub headers: BTreeMap<String, Option<String>>,
    /// Whether the page that asks may read the answer.
    pub cors: bool,
    /// `1.1` or `1.0`.
    pub http: Version,
    /// How the end of the body is marked.
    pub framing: Framing,
    /// Use this response again for so many milliseconds after its first use.
    pub for_ms: Option<u64>,
    /// The body, step by step.
    pub steps: Vec<Step>,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            status: 200,
            reason: None,
            headers: BTreeMap::new(),
            cors: true,
            http: Version::V11,
            framing: Framing::Chunked,
            for_ms: None,
            steps: Vec::new(),
        }
    }
}

/// The version in the status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Version {
    /// HTTP/1.1.
    #[serde(rename = "1.1")]
    V11,
    /// HTTP/1.0.
    #[serde(rename = "1.0")]
    V10,
}

/// How the end of the body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Every piece a chunk, and a last chunk if the steps come to their end.
    Chunked,
    /// `Content-Length` with this number, true or not.
    Length(u64),
    /// No length: the end is the end of the connection.
    Close,
    /// Not even a status line: the steps write everything.
    Raw,
}

/// One thing that happens.
///
/// In texts, `{i}` is the number in a count, `{last_event_id}` what the client sent, `{origin}`
/// this server's origin, `{other_origin}` the same server under its other name, `{path}` the
/// path of the request, `{date+N}` the HTTP date in N seconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Bytes of the body, as text.
    Text(String),
    /// Bytes of the body, in hexadecimal.
    Hex(String),
    /// Bytes of the body, in base64.
    Base64(String),
    /// One HTTP chunk, also where the framing writes none.
    Chunk(String),
    /// Bytes past the framing: a wrong chunk size, a second status line.
    Raw(String),
    /// Like `raw`, in hexadecimal.
    RawHex(String),
    /// Text cut into pieces, each written and flushed on its own.
    Split(Split),
    /// Text again and again, with `{i}` counting.
    Count(Count),
    /// Steps again and again.
    Repeat(Repeat),
    /// Wait.
    SleepMs(u64),
    /// Nothing more, until the client leaves.
    Hang(bool),
    /// End the connection without ending the body.
    Fin(bool),
    /// Reset the connection.
    Rst(bool),
    /// Read nothing more from the client, so that its writes fill up and its leaving is not seen.
    StopReading(bool),
}

/// Text cut into pieces.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Split {
    /// The text, or
    pub text: String,
    /// the bytes in hexadecimal.
    pub hex: String,
    /// Bytes of a piece.
    pub every: usize,
    /// One cut only, after so many bytes, instead of `every`.
    pub at: Option<usize>,
    /// Milliseconds between two pieces.
    pub pause_ms: u64,
}

/// Text again and again.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The text, with `{i}`.
    pub text: String,
    /// How often; 0 is until the client leaves.
    #[serde(default)]
    pub n: u64,
    /// The first `{i}`.
    #[serde(default = "one")]
    pub from: u64,
    /// Begin after the number that the client sent as `Last-Event-ID`, if it sent one.
    #[serde(default)]
    pub resume: bool,
    /// Milliseconds between two texts.
    #[serde(default)]
    pub pause_ms: u64,
}

/// Steps again and again.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often; 0 is until the client leaves.
    pub n: u64,
    /// The steps.
    pub of: Vec<Step>,
}

fn one() -> u64 {
    1
}
