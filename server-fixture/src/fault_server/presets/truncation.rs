//! Streams that end too early. The second request works, so that a test can check the cursor of the
//! client: `1`, the only complete event.

use serde_json::{Value, json};

use super::{Preset, works};

/// One complete event and the beginning of another.
const CUT: &str = "retry: 200\nid: 1\ndata: tick 1\n\nid: 2\ndata: tick";

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "fin-mid-event",
        help: "FIN in the middle of an event, without the last chunk; then works",
        build: |_| then_works(json!({ "steps": [{ "text": CUT }, { "fin": true }] })),
    },
    Preset {
        name: "fin-before-blank",
        help: "FIN after a data line, before its blank line; then works",
        build: |_| {
            then_works(json!({ "steps": [{ "text": format!("{CUT} 2\n") }, { "fin": true }] }))
        },
    },
    Preset {
        name: "rst-mid-event",
        help: "RST in the middle of an event; then works",
        build: |_| {
            then_works(json!({ "steps": [{ "text": CUT }, { "sleep_ms": 50 }, { "rst": true }] }))
        },
    },
    Preset {
        name: "clean-end",
        help: "the body ends cleanly in the middle of an event; then works",
        build: |_| then_works(json!({ "steps": [{ "text": CUT }] })),
    },
    Preset {
        name: "bad-chunk-size",
        help: "a chunk size that is not a number; then works",
        build: |_| then_works(json!({ "steps": [{ "text": CUT }, { "raw": "zz\r\nbad\r\n" }] })),
    },
    Preset {
        name: "length-too-long",
        help: "Content-Length is larger than the body; then works",
        build: |_| {
            then_works(json!({ "framing": { "length": 100_000 }, "steps": [{ "text": CUT }] }))
        },
    },
    Preset {
        name: "length-too-short",
        help: "Content-Length is 20 bytes, and the client must not read more; then works",
        build: |_| then_works(json!({ "framing": { "length": 20 }, "steps": [{ "text": CUT }] })),
    },
    Preset {
        name: "http10",
        help: "HTTP/1.0, the body ends with the connection; then works",
        build: |_| {
            then_works(json!({ "http": "1.0", "framing": "close", "steps": [{ "text": CUT }] }))
        },
    },
    Preset {
        name: "close-delimited",
        help: "HTTP/1.1 without a length; then works",
        build: |_| then_works(json!({ "framing": "close", "steps": [{ "text": CUT }] })),
    },
    Preset {
        name: "rst-before-answer",
        help: "the request is read, then RST; then works",
        build: |_| then_works(json!({ "framing": "raw", "steps": [{ "rst": true }] })),
    },
    Preset {
        name: "fin-before-answer",
        help: "the request is read, then FIN without a response; then works",
        build: |_| then_works(json!({ "framing": "raw", "steps": [{ "fin": true }] })),
    },
    Preset {
        name: "not-http",
        help: "a response that is not HTTP; then works",
        build: |_| then_works(json!({ "framing": "raw", "steps": [{ "raw": "hello?\r\n\r\n" }] })),
    },
];

fn then_works(first: Value) -> Value {
    json!([first, works()])
}
