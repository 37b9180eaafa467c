//! Input of unlimited size. A client must bound its memory.

use serde_json::{Value, json};

use super::{Params, Preset, once};

/// Bytes per repetition of an endless line.
const BLOCK: usize = 64 * 1024;

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "endless-line",
        help: "a data line that never ends",
        build: |_| endless("data: "),
    },
    Preset {
        name: "endless-comment",
        help: "a comment that never ends",
        build: |_| endless(": "),
    },
    Preset {
        name: "endless-field-name",
        help: "a line without a colon that never ends",
        build: |_| endless(""),
    },
    Preset {
        name: "endless-event",
        help: "data lines without a blank line, endlessly",
        build: |_| json!([{ "steps": [{ "count": { "text": "data: a line of an endless event\n" } }] }]),
    },
    Preset {
        name: "big-event",
        help: "one event of ?kib=1024 KiB, then 204",
        build: big_event,
    },
    Preset {
        name: "tiny-events",
        help: "?n=1000000 tiny events as fast as possible, then 204",
        build: |params| {
            let n = params.number("n", 1_000_000);
            once(json!([{ "count": { "text": "id: {i}\ndata: {i}\n\n", "n": n } }]))
        },
    },
    Preset {
        name: "big-id",
        help: "an id of ?kib=1024 KiB, which does not fit into a request header",
        build: |params| {
            let id = "7".repeat(kib(params));
            json!([{ "steps": [{ "text": format!("retry: 200\nid: {id}\ndata: a\n\n") }] }])
        },
    },
    Preset {
        name: "header-flood",
        help: "?n=2000 response headers",
        build: |params| {
            let n = params.number("n", 2000).min(100_000);
            let headers: String = (0..n).map(|i| format!("x-flood-{i}: {i}\r\n")).collect();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{headers}\r\n");
            json!([{ "framing": "raw", "steps": [{ "raw": head }, { "raw": "data: a\n\n" }] }])
        },
    },
];

fn endless(start: &str) -> Value {
    let block = "x".repeat(BLOCK);
    json!([{ "steps": [{ "text": start }, { "repeat": { "n": 0, "of": [{ "text": block }] } }] }])
}

fn big_event(params: &Params) -> Value {
    let block = "x".repeat(1024);
    let n = kib(params) / 1024;
    once(
        json!([{ "text": "id: 1\ndata: " }, { "repeat": { "n": n, "of": [{ "text": block }] } },
                { "text": "\n\n" }]),
    )
}

/// Returns `?kib=` in bytes, between 1 KiB and 64 MiB.
fn kib(params: &Params) -> usize {
    usize::try_from(params.number("kib", 1024).clamp(1, 65_536)).unwrap_or(1) * 1024
}
