//! Slow responses and silent connections.

use serde_json::json;

use super::{Preset, once, works};

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "no-answer",
        help: "the request is read, and no response follows",
        build: |_| json!([{ "framing": "raw", "steps": [{ "hang": true }] }]),
    },
    Preset {
        name: "no-answer-once",
        help: "the first request gets no response, later requests work",
        build: |_| json!([{ "framing": "raw", "steps": [{ "hang": true }] }, works()]),
    },
    Preset {
        name: "slow-head",
        help: "the head, one byte per ?ms=1000",
        build: |params| {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                        access-control-allow-origin: *\r\n\r\n";
            let split = json!({ "text": head, "every": 1, "pause_ms": params.number("ms", 1000) });
            json!([{ "framing": "raw", "steps": [{ "split": split }, { "raw": "data: a\n\n" }] }])
        },
    },
    Preset {
        name: "slow-body",
        help: "the body, one byte per ?ms=1000, then 204",
        build: |params| {
            let text = "id: 1\ndata: slow\n\nid: 2\ndata: slower\n\n";
            let pause_ms = params.number("ms", 1000);
            once(json!([{ "split": { "text": text, "every": 1, "pause_ms": pause_ms } }]))
        },
    },
    Preset {
        name: "silence",
        help: "one event, then silence",
        build: |_| json!([{ "steps": [{ "text": "id: 1\ndata: a\n\n" }, { "hang": true }] }]),
    },
    Preset {
        name: "heartbeats-then-silence",
        help: "an event, ?n=5 comments, one per ?ms=200, then silence; the second request works",
        build: |params| {
            let (n, ms) = (params.number("n", 5), params.number("ms", 200));
            let comments = json!({ "count": { "text": ": {i}\n\n", "n": n, "pause_ms": ms } });
            let first = json!([{ "text": "id: 1\ndata: tick 1\n\n" }, comments, { "hang": true }]);
            json!([{ "steps": first }, works()])
        },
    },
    Preset {
        name: "heartbeats",
        help: "an event, then a comment per ?ms=1000: the connection is alive",
        build: |params| {
            let comments = json!({ "text": ": {i}\n\n", "pause_ms": params.number("ms", 1000) });
            json!([{ "steps": [{ "text": "id: 1\ndata: a\n\n" }, { "count": comments }] }])
        },
    },
    Preset {
        name: "half-open",
        help: "an event, then the server neither reads nor writes, and does not notice that the client leaves",
        build: |_| {
            let steps = json!([{ "text": "id: 1\ndata: a\n\n" }, { "stop_reading": true }, { "hang": true }]);
            json!([{ "steps": steps }])
        },
    },
    Preset {
        name: "burst-then-silence",
        help: "?n=1000 events at once, then silence",
        build: |params| {
            let n = params.number("n", 1000);
            json!([{ "steps": [{ "count": { "text": "id: {i}\ndata: {i}\n\n", "n": n } }, { "hang": true }] }])
        },
    },
];
