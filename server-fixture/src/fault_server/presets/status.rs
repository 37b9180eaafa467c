//! Responses with a status other than 200.

use serde_json::{Value, json};

use super::{Params, Preset, works};

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "status",
        help: "?code=503 for every request, or for the first ?n= requests, then works; ?retry_after=2 sends the header",
        build: status,
    },
    Preset {
        name: "no-content",
        help: "204: the client must not reconnect",
        build: |_| json!([{ "status": 204 }]),
    },
    Preset {
        name: "tick-then-no-content",
        help: "three events, a clean end, then 204",
        build: |_| json!([{ "steps": [super::ticks(3, 50)] }, { "status": 204 }]),
    },
    Preset {
        name: "unauthorized-once",
        help: "401 once, then works",
        build: |_| json!([unauthorized(), works()]),
    },
    Preset {
        name: "unauthorized",
        help: "401 for every request",
        build: |_| json!([unauthorized()]),
    },
    Preset {
        name: "unauthorized-later",
        help: "three events and a clean end, 401 once, then works from the cursor",
        build: |_| json!([{ "steps": [super::ticks(3, 50)] }, unauthorized(), works()]),
    },
    Preset {
        name: "retry-after-seconds",
        help: "503 with Retry-After: ?s=2, then works",
        build: |params| retry_after(503, params.text("s", "2")),
    },
    Preset {
        name: "retry-after-date",
        help: "503 with Retry-After as the date in ?s=2 seconds, then works",
        build: |params| retry_after(503, format!("{{date+{}}}", params.number("s", 2))),
    },
    Preset {
        name: "retry-after-rubbish",
        help: "503 with Retry-After: ?s=soon, then works",
        build: |params| retry_after(503, params.text("s", "soon")),
    },
    Preset {
        name: "retry-after-huge",
        help: "503 with Retry-After: 1000000000",
        build: |_| retry_after(503, "1000000000".to_owned()),
    },
    Preset {
        name: "too-many",
        help: "429 with Retry-After: ?s=2, then works",
        build: |params| retry_after(429, params.text("s", "2")),
    },
    Preset {
        name: "redirect",
        help: "?code=307 to a working stream of the same origin",
        build: |params| redirect(params, "/fault/p/works"),
    },
    Preset {
        name: "redirect-cross",
        help: "?code=307 to a working stream of another origin; its log shows what leaked",
        build: |params| {
            let run = params.text("run", "");
            redirect(params, &format!("{{other_origin}}/fault/p/works?run={run}"))
        },
    },
    Preset {
        name: "redirect-loop",
        help: "?code=307 to itself",
        build: |params| redirect(params, "{path}"),
    },
    Preset {
        name: "early-hints",
        help: "103, then 200 and one event",
        build: |_| {
            let text = "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n\
                HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                access-control-allow-origin: *\r\nconnection: close\r\n\r\ndata: a\n\n";
            json!([{ "framing": "raw", "steps": [{ "raw": text }] }])
        },
    },
];

fn unauthorized() -> Value {
    json!({
        "status": 401,
        "headers": { "www-authenticate": "Bearer", "content-type": "application/json" },
        "steps": [{ "text": "{\"error\":\"Invalid token\"}" }],
    })
}

fn status(params: &Params) -> Value {
    let code = params.number("code", 503);
    let mut response = json!({ "status": code, "headers": {} });
    let retry_after = params.text("retry_after", "");
    if !retry_after.is_empty() {
        response["headers"]["retry-after"] = retry_after.into();
    }
    let times = usize::try_from(params.number("n", 0).min(1000)).unwrap_or(0);
    match times {
        0 => json!([response]),
        _ => std::iter::repeat_n(response, times)
            .chain([works()])
            .collect(),
    }
}

fn retry_after(code: u16, value: String) -> Value {
    json!([{ "status": code, "headers": { "retry-after": value } }, works()])
}

fn redirect(params: &Params, to: &str) -> Value {
    json!([{ "status": params.number("code", 307), "headers": { "location": to } }])
}
