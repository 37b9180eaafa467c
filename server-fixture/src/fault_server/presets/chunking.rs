//! The same events, split and terminated in every way. A parser must return the same events.

use serde_json::{Value, json};

use super::{Params, Preset, once, text_once};

/// The events that most presets of this file send. They contain types, ids, lines, and characters of
/// one to four bytes.
const SAMPLE: &str = "id: 1\nevent: greeting\ndata: ciao\n\n\
    : a comment\nid: 2\ndata: zwei €\ndata: lines 😀\n\n\
    retry: 500\ndata: no id\n\nid: 3\nevent: end\ndata\n\n";

pub(super) const PRESETS: &[Preset] = &[
    Preset {
        name: "sample",
        help: "four events in one write, then 204",
        build: |_| text_once(SAMPLE),
    },
    Preset {
        name: "split",
        help: "the sample cut every ?every=1 bytes, or once at ?at=N; ?eol=lf|cr|crlf|mixed",
        build: split,
    },
    Preset {
        name: "eol",
        help: "the sample with ?eol=lf|cr|crlf|mixed line ends",
        build: |params| text_once(&with_eol(&params.text("eol", "mixed"))),
    },
    Preset {
        name: "cr-then-lf",
        help: "a CR at the end of a write, its LF at the start of the next",
        build: |_| {
            once(json!([
                { "text": "data: a\r" }, { "sleep_ms": 30 }, { "text": "\ndata: b\r" },
                { "sleep_ms": 30 }, { "text": "\n\r" }, { "sleep_ms": 30 }, { "text": "\ndata: c\r\n\r\n" }
            ]))
        },
    },
    Preset {
        name: "cr-at-end",
        help: "a stream whose last byte is the CR of the blank line",
        build: |_| text_once("data: a\r\rdata: b\r\r"),
    },
    Preset {
        name: "bom",
        help: "a byte order mark at the start, in three pieces if ?every=1; one is stripped",
        build: |params| bom(params, "efbbbf646174613a20610a0a"),
    },
    Preset {
        name: "bom-twice",
        help: "two byte order marks: the second is part of the first line",
        build: |params| bom(params, "efbbbfefbbbf646174613a20610a0a646174613a20620a0a"),
    },
    Preset {
        name: "bom-later",
        help: "a byte order mark before the second event: not stripped",
        build: |params| {
            bom(
                params,
                "646174613a20610a0aefbbbf646174613a20620a0a646174613a20630a0a",
            )
        },
    },
    Preset {
        name: "bad-utf8",
        help: "overlong, lone continuation, surrogate half, cut sequence: U+FFFD, the stream continues",
        build: |_| {
            once(
                json!([{ "text": "data: " }, { "hex": "c0af20 80 20 eda080 20 e282 20 ff" },
                        { "text": "\n\ndata: fine\n\n" }]),
            )
        },
    },
    Preset {
        name: "utf8-cut-at-end",
        help: "the stream ends inside a character: the incomplete event is dropped",
        build: |_| once(json!([{ "text": "data: a\n\ndata: " }, { "hex": "e282" }])),
    },
    Preset {
        name: "one-segment",
        help: "the head and ?n=1000 events in as few segments as possible",
        build: |params| {
            let n = params.number("n", 1000);
            once(json!([{ "count": { "text": "id: {i}\ndata: {i}\n\n", "n": n } }]))
        },
    },
];

fn split(params: &Params) -> Value {
    let mut split = json!({
        "text": with_eol(&params.text("eol", "lf")),
        "every": params.number("every", 1),
        "pause_ms": params.number("pause_ms", 1),
    });
    if let Ok(at) = params.text("at", "").parse::<u64>() {
        split["at"] = at.into();
    }
    once(json!([{ "split": split }]))
}

fn bom(params: &Params, hex: &str) -> Value {
    let every = params.number("every", 1);
    once(json!([{ "split": { "hex": hex, "every": every, "pause_ms": 5 } }]))
}

fn with_eol(eol: &str) -> String {
    let ends: &[&str] = match eol {
        "cr" => &["\r"],
        "crlf" => &["\r\n"],
        "mixed" => &["\r\n", "\r", "\n"],
        _ => &["\n"],
    };
    let mut ends = ends.iter().cycle();
    SAMPLE
        .split_inclusive('\n')
        .fold(String::new(), |out, line| {
            let line = line.trim_end_matches('\n');
            let end = match ends.next() {
                // After a CR, a parser reads the LF of an empty line as the second half of a CRLF.
                Some(&"\n") if line.is_empty() && out.ends_with('\r') => "\r\n",
                end => end.copied().unwrap_or("\n"),
            };
            out + line + end
        })
}
