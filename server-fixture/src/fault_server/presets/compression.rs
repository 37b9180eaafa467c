//! Compressed streams.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::Preset;

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "gzip-flushed",
        help: "gzip, flushed after each of five events, half a second apart, then 204",
        build: |_| gzip(true, 0),
    },
    Preset {
        name: "gzip-held",
        help: "gzip that is flushed only at the end: events arrive late but complete, then 204",
        build: |_| gzip(false, 0),
    },
    Preset {
        name: "gzip-truncated",
        help: "gzip without its end, then 204",
        build: |_| gzip(true, 12),
    },
    Preset {
        name: "wrong-coding",
        help: "Content-Encoding: gzip, but the body is plain text",
        build: |_| {
            let headers = json!({ "content-encoding": "gzip" });
            json!([{ "headers": headers, "steps": [{ "text": "id: 1\ndata: a\n\n" }, { "hang": true }] }])
        },
    },
];

/// Returns five compressed events without the last `cut` bytes.
fn gzip(is_flushed: bool, cut: usize) -> Value {
    let mut pieces = compressed(is_flushed).unwrap_or_default();
    if let Some(last) = pieces.last_mut() {
        last.truncate(last.len().saturating_sub(cut));
    }
    let step = |piece: &Vec<u8>| {
        [
            json!({ "base64": BASE64_STANDARD.encode(piece) }),
            json!({ "sleep_ms": 500 }),
        ]
    };
    let mut steps: Vec<Value> = pieces.iter().flat_map(step).collect();
    if cut > 0 {
        steps.push(json!({ "fin": true }));
    }
    json!([{ "headers": { "content-encoding": "gzip" }, "steps": steps }, { "status": 204 }])
}

/// Returns the compressed bytes of each event, and of the end.
fn compressed(is_flushed: bool) -> std::io::Result<Vec<Vec<u8>>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut pieces = Vec::new();
    for i in 1..=5 {
        write!(encoder, "id: {i}\ndata: tick {i}\n\n")?;
        if is_flushed {
            encoder.flush()?;
        }
        pieces.push(std::mem::take(encoder.get_mut()));
    }
    pieces.push(encoder.finish()?);
    Ok(pieces)
}
