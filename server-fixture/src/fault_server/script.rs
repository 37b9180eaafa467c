//! The format of a script: a list of responses, one for each request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The responses of one script URL.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The n-th response answers the n-th request. `then` defines the response to later requests.
    pub responses: Vec<Response>,
    /// The response after the last one.
    #[serde(default)]
    pub then: Then,
    /// The response to preflights. By default every preflight is allowed.
    #[serde(default)]
    pub preflight: Option<Response>,
    /// Stores `Authorization` and `Cookie` readably in the log, instead of as hashes.
    #[serde(default)]
    pub record_authorization: bool,
}

/// The response after the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Repeats the last response.
    #[default]
    RepeatLast,
    /// Starts again with the first response.
    StartOver,
}

/// One response.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Reason phrase. Default: the standard phrase.
    pub reason: Option<String>,
    /// Headers by name. `null` removes a default header: `content-type`, `cache-control`,
    /// `connection` or a CORS header.
    pub headers: BTreeMap<String, Option<String>>,
    /// Whether the requesting page may read the response.
    pub cors: bool,
    /// `1.1` or `1.0`.
    pub http: Version,
    /// The framing of the body.
    pub framing: Framing,
    /// Milliseconds after its first use for which this response is repeated.
    pub for_ms: Option<u64>,
    /// The steps that write the body.
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

/// The framing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Writes each piece as a chunk, and the last chunk after all steps.
    Chunked,
    /// `Content-Length` with this number, which may be wrong.
    Length(u64),
    /// No length: the body ends with the connection.
    Close,
    /// No status line and no headers: the steps write everything.
    Raw,
}

/// One step of a response.
///
/// Texts can contain placeholders:
/// - `{i}`: the number in a `count` step
/// - `{last_event_id}`: the last event ID that the client sent
/// - `{origin}`: the origin of this server
/// - `{other_origin}`: the same server under another origin
/// - `{path}`: the path of the request
/// - `{date+N}`: the HTTP date in N seconds
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Bytes of the body, as text.
    Text(String),
    /// Bytes of the body, in hexadecimal.
    Hex(String),
    /// Bytes of the body, in base64.
    Base64(String),
    /// One HTTP chunk, regardless of the framing.
    Chunk(String),
    /// Bytes without framing, for example a wrong chunk size or a second status line.
    Raw(String),
    /// Like `raw`, in hexadecimal.
    RawHex(String),
    /// Text in pieces, each with its own write.
    Split(Split),
    /// Repeated text with a number in `{i}`.
    Count(Count),
    /// Repeated steps.
    Repeat(Repeat),
    /// Waits.
    SleepMs(u64),
    /// Sends nothing more until the client leaves.
    Hang(bool),
    /// Closes the connection without ending the body.
    Fin(bool),
    /// Resets the connection.
    Rst(bool),
    /// Stops reading from the client. Its writes stall, and the server does not notice that the
    /// client leaves.
    StopReading(bool),
}

/// Text in pieces.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Split {
    /// The text.
    pub text: String,
    /// The bytes in hexadecimal, instead of `text`.
    pub hex: String,
    /// Bytes per piece.
    pub every: usize,
    /// The byte offset of a single cut, instead of `every`.
    pub at: Option<usize>,
    /// Milliseconds between two pieces.
    pub pause_ms: u64,
}

/// Repeated text with a number.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The text, with `{i}`.
    pub text: String,
    /// The number of repetitions. 0 repeats until the client leaves.
    #[serde(default)]
    pub n: u64,
    /// The first `{i}`.
    #[serde(default = "one")]
    pub from: u64,
    /// Continues after the number that the client sent as `Last-Event-ID`.
    #[serde(default)]
    pub resume: bool,
    /// Milliseconds between two texts.
    #[serde(default)]
    pub pause_ms: u64,
}

/// Repeated steps.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The number of repetitions. 0 repeats until the client leaves.
    pub n: u64,
    /// The steps.
    pub of: Vec<Step>,
}

fn one() -> u64 {
    1
}

impl Script {
    /// Returns about how many bytes of memory the script and its empty log use.
    pub(super) fn size(&self) -> usize {
        self.responses
            .iter()
            .chain(&self.preflight)
            .map(Response::size)
            .sum::<usize>()
            + 1024
    }
}

impl Response {
    fn size(&self) -> usize {
        let header = |(name, value): (&String, &Option<String>)| {
            128 + name.len() + value.as_ref().map_or(0, String::len)
        };
        let headers: usize = self.headers.iter().map(header).sum();
        let reason = self.reason.as_ref().map_or(0, String::len);
        size_of::<Self>() + reason + headers + size(&self.steps)
    }
}

fn size(steps: &[Step]) -> usize {
    let of_step = |step: &Step| match step {
        Step::Text(text)
        | Step::Hex(text)
        | Step::Base64(text)
        | Step::Chunk(text)
        | Step::Raw(text)
        | Step::RawHex(text) => text.len(),
        Step::Split(split) => split.text.len() + split.hex.len(),
        Step::Count(count) => count.text.len(),
        Step::Repeat(repeat) => size(&repeat.of),
        _ => 0,
    };
    steps
        .iter()
        .map(|step| size_of::<Step>() + of_step(step))
        .sum()
}
