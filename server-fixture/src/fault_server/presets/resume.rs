//! Unusual ids, many clients at once, and tokens that expire.

use serde_json::{Value, json};

use super::{Preset, text_once, works};

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "works",
        help: "a numbered event every 200 ms, resumed from the cursor",
        build: |_| json!([works()]),
    },
    Preset {
        name: "flaky",
        help: "?n=5 events, one per ?ms=50, then RST: repeated, and always resumed exactly",
        build: |params| {
            let ticks = super::ticks(params.number("n", 5), params.number("ms", 50));
            json!([{ "steps": [{ "text": "retry: 200\n\n" }, ticks, { "sleep_ms": 50 }, { "rst": true }] }])
        },
    },
    Preset {
        name: "id-skips",
        help: "ids 1, 2, 5, 9, then 204",
        build: |_| ids(&["1", "2", "5", "9"]),
    },
    Preset {
        name: "id-repeats",
        help: "ids 1, 2, 2, 3, then 204",
        build: |_| ids(&["1", "2", "2", "3"]),
    },
    Preset {
        name: "id-goes-back",
        help: "ids 1, 2, 1, 2, 3, then 204",
        build: |_| ids(&["1", "2", "1", "2", "3"]),
    },
    Preset {
        name: "epoch-changes",
        help: "ids 1-1, 1-2, then a gap and 2-1, then 204",
        build: |_| {
            let gap = "event: gap\ndata: {\"requested\":\"1-2\",\"first\":\"2-1\",\"missed\":null,\
                       \"reason\":\"epoch\"}\n\n";
            let first = json!({ "steps": [{ "text": "retry: 200\nid: 1-1\ndata: a\n\nid: 1-2\ndata: b\n\n" }] });
            let second = json!({ "steps": [{ "text": format!("{gap}id: 2-1\ndata: c\n\n") }] });
            json!([first, second, { "status": 204 }])
        },
    },
    Preset {
        name: "duplicate-after-reconnect",
        help: "the last event again after every reconnect, as with at-least-once delivery",
        build: |_| {
            let stream = |text: &str| json!({ "steps": [{ "text": text }] });
            json!([stream("retry: 200\nid: 1\ndata: a\n\nid: 2\ndata: b\n\n"),
                   stream("id: 2\ndata: b\n\nid: 3\ndata: c\n\n"), { "status": 204 }])
        },
    },
    Preset {
        name: "accept-one-in",
        help: "?n=3: every request except each n-th is reset",
        build: |params| {
            let resets = usize::try_from(params.number("n", 3).clamp(1, 1000) - 1).unwrap_or(0);
            let reset = json!({ "framing": "raw", "steps": [{ "rst": true }] });
            let responses: Value = std::iter::repeat_n(reset, resets)
                .chain([works()])
                .collect();
            json!({ "responses": responses, "then": "start_over" })
        },
    },
    Preset {
        name: "down-for",
        help: "503 for ?ms=5000 from the first request on, then works",
        build: |params| json!([{ "status": 503, "for_ms": params.number("ms", 5000) }, works()]),
    },
    Preset {
        name: "shutdown",
        help: "three events, `retry:` and `event: shutdown`, then a clean end; then works",
        build: |_| {
            let shutdown = "retry: 300\n\nevent: shutdown\ndata: Server shutting down\n\n";
            json!([{ "steps": [super::ticks(3, 50), { "text": shutdown }] }, works()])
        },
    },
    Preset {
        name: "expires",
        help: "?n=3 events, then the token expires: a clean end, 401 once, then works",
        build: |params| {
            let unauthorized =
                json!({ "status": 401, "headers": { "www-authenticate": "Bearer" } });
            json!([{ "steps": [super::ticks(params.number("n", 3), 50)] }, unauthorized, works()])
        },
    },
    Preset {
        name: "error-event",
        help: "an `event: error` with a 401 inside the stream, then a clean end; then works",
        build: |_| {
            let text = "id: 1\ndata: tick 1\n\nevent: error\ndata: {\"statusCode\":401}\n\n";
            json!([{ "steps": [{ "text": text }] }, works()])
        },
    },
];

fn ids(list: &[&str]) -> Value {
    text_once(
        &list
            .iter()
            .map(|id| format!("id: {id}\ndata: {id}\n\n"))
            .collect::<String>(),
    )
}
