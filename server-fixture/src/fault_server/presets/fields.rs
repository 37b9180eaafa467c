//! Unusual but valid fields.

use serde_json::json;

use super::{Preset, once, text_once};

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "empty-data",
        help: "`data:` and `data` dispatch an empty event, a block without data dispatches none",
        build: |_| text_once("data:\n\ndata\n\nevent: nothing\n\ndata: end\n\n"),
    },
    Preset {
        name: "spaces",
        help: "only one space after the colon is removed, a tab is not",
        build: |_| text_once("data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n"),
    },
    Preset {
        name: "unknown-field",
        help: "fields that do not exist, and names in the wrong case",
        build: |_| text_once("foo: 1\nDATA: no\n data: no\ndata : no\ndata: yes\nEvent: no\n\n"),
    },
    Preset {
        name: "id-empty",
        help: "an empty id resets the last event ID",
        build: |_| text_once("id: 7\ndata: a\n\nid\ndata: b\n\n"),
    },
    Preset {
        name: "id-only",
        help: "a block with only an id sets the last event ID: the next request must send 9",
        build: |_| text_once("retry: 200\nid: 7\ndata: a\n\nid: 9\n\n"),
    },
    Preset {
        name: "id-unfinished",
        help: "an id in an incomplete block is ignored: the next request sends 7",
        build: |_| text_once("retry: 200\nid: 7\ndata: a\n\nid: 9\ndata: never"),
    },
    Preset {
        name: "id-nul",
        help: "an id with NUL is ignored: the next request sends 7",
        build: |_| text_once("retry: 200\nid: 7\ndata: a\n\nid: 8\0\ndata: b\n\n"),
    },
    Preset {
        name: "id-not-ascii",
        help: "an id with €: the next request sends its UTF-8 bytes, e2 82 ac in the log",
        build: |_| text_once("retry: 200\nid: caf\u{e9} \u{20ac}\ndata: a\n\n"),
    },
    Preset {
        name: "retry-odd",
        help: "retry 200 counts; +5, -1, 1.5, letters and empty do not",
        build: |_| {
            text_once(
                "retry: 200\nretry: +5\nretry: -1\nretry: 1.5\nretry: soon\nretry\ndata: a\n\n",
            )
        },
    },
    Preset {
        name: "retry-zero",
        help: "retry: 0, and every stream ends at once: the client must not reconnect in a tight loop",
        build: |_| json!([{ "steps": [{ "text": "retry: 0\n\n" }] }]),
    },
    Preset {
        name: "retry-huge",
        help: "retry: ?ms=99999999999999999999",
        build: |params| {
            let ms = params.text("ms", "99999999999999999999");
            text_once(&format!("retry: {ms}\ndata: a\n\n"))
        },
    },
    Preset {
        name: "comments",
        help: "only comments, ten per second",
        build: |_| json!([{ "steps": [{ "count": { "text": ": {i}\n\n", "pause_ms": 100 } }] }]),
    },
    Preset {
        name: "many-lines",
        help: "one event of ?n=100000 data lines",
        build: |params| {
            let n = params.number("n", 100_000);
            once(json!([{ "count": { "text": "data: {i}\n", "n": n } }, { "text": "\n" }]))
        },
    },
    Preset {
        name: "odd-types",
        help: "types like error, open, constructor, __proto__, toString",
        build: |_| {
            let types = [
                "error",
                "open",
                "message",
                "constructor",
                "__proto__",
                "toString",
            ];
            text_once(
                &types
                    .map(|name| format!("event: {name}\ndata: {name}\n\n"))
                    .concat(),
            )
        },
    },
];
