//! CORS errors. A page cannot distinguish them from network errors.

use serde_json::{Value, json};

use super::{Preset, works};

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "preflight-refused",
        help: "preflights get 403",
        build: |_| with_preflight(json!({ "status": 403, "cors": false })),
    },
    Preset {
        name: "preflight-no-auth",
        help: "preflights allow last-event-id but not authorization",
        build: |_| with_preflight(allowing("last-event-id, cache-control, accept")),
    },
    Preset {
        name: "preflight-no-cursor",
        help: "preflights allow authorization but not last-event-id; streams end after 3 events",
        build: |_| {
            let preflight = allowing("authorization, cache-control, accept, content-type");
            let stream = json!({ "steps": [super::ticks(3, 50)] });
            json!({ "responses": [stream], "preflight": preflight })
        },
    },
    Preset {
        name: "preflight-redirect",
        help: "preflights are redirected",
        build: |_| {
            let headers = json!({ "location": "/fault/p/works" });
            with_preflight(json!({ "status": 307, "headers": headers }))
        },
    },
    Preset {
        name: "preflight-hangs",
        help: "preflights are never answered",
        build: |_| with_preflight(json!({ "framing": "raw", "steps": [{ "hang": true }] })),
    },
    Preset {
        name: "cors-missing",
        help: "preflights succeed, but the stream lacks Access-Control-Allow-Origin",
        build: |_| {
            let mut stream = works();
            stream["cors"] = false.into();
            json!([stream])
        },
    },
    Preset {
        name: "cors-star",
        help: "Access-Control-Allow-Origin: *, which forbids credentials",
        build: |_| {
            let star = json!({ "access-control-allow-origin": "*" });
            let mut stream = works();
            stream["cors"] = false.into();
            stream["headers"] = star;
            json!([stream])
        },
    },
    Preset {
        name: "cors-error-bare",
        help: "?code=503 with Retry-After: 1 but without CORS headers, then works",
        build: |params| {
            let headers = json!({ "retry-after": "1" });
            json!([{ "status": params.number("code", 503), "cors": false, "headers": headers }, works()])
        },
    },
    Preset {
        name: "cors-nothing-exposed",
        help: "503 whose Retry-After: 2 a page cannot read, then works",
        build: |_| {
            let headers = json!({ "retry-after": "2", "access-control-expose-headers": null });
            json!([{ "status": 503, "headers": headers }, works()])
        },
    },
];

fn with_preflight(preflight: Value) -> Value {
    json!({ "responses": [works()], "preflight": preflight })
}

fn allowing(names: &str) -> Value {
    let headers = json!({
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": names,
        "access-control-max-age": "0",
    });
    json!({ "status": 204, "headers": headers })
}
