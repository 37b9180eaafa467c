//! Valid and invalid content types.

use serde_json::{Value, json};

use super::Preset;

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "content-type",
        help: "?value=text/plain as the content type of a stream",
        build: |params| of_type(json!(params.text("value", "text/plain"))),
    },
    Preset {
        name: "type-missing",
        help: "no content type",
        build: |_| of_type(Value::Null),
    },
    Preset {
        name: "type-charset",
        help: "text/event-stream;charset=utf-8: valid",
        build: |_| of_type(json!("text/event-stream;charset=utf-8")),
    },
    Preset {
        name: "type-latin1",
        help: "text/event-stream; charset=latin1: still decoded as UTF-8",
        build: |_| of_type(json!("text/event-stream; charset=latin1")),
    },
    Preset {
        name: "type-upper-case",
        help: "TEXT/EVENT-STREAM: valid",
        build: |_| of_type(json!("TEXT/EVENT-STREAM")),
    },
    Preset {
        name: "type-lookalike",
        help: "text/event-streamfoo: not a stream",
        build: |_| of_type(json!("text/event-streamfoo")),
    },
    Preset {
        name: "login-page",
        help: "200 with an HTML login page, as from a captive portal",
        build: |_| {
            let page = "<!doctype html><title>Sign in</title><form><input type=password></form>";
            json!([{ "headers": { "content-type": "text/html; charset=utf-8" }, "steps": [{ "text": page }] }])
        },
    },
    Preset {
        name: "json-instant-end",
        help: "text/event-stream, a JSON body and a clean end, for every request; the delay must grow",
        build: |_| json!([{ "steps": [{ "text": "{\"error\":\"not found\"}" }] }]),
    },
    Preset {
        name: "empty-instant-end",
        help: "text/event-stream, no body and a clean end, for every request; the delay must grow",
        build: |_| json!([{}]),
    },
];

fn of_type(value: Value) -> Value {
    let text = "id: 1\ndata: caf\u{e9}\n\n";
    json!([{ "headers": { "content-type": value }, "steps": [{ "text": text }, { "hang": true }] }])
}
