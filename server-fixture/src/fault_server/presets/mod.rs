//! Scripts with a fixed URL, `/fault/p/<name>`, each with a help text.
//!
//! Each preset is the JSON that a test can post itself. `GET …/script` returns this JSON, to copy and
//! change.

mod chunking;
mod compression;
mod content_type;
mod cors;
mod fields;
mod http2;
mod limits;
mod resume;
mod status;
mod timing;
mod truncation;

use serde_json::{Map, Value, json};

pub(super) use self::http2::{Http2Fault, find_http2, http_version_not_supported};
use super::script::{Response, Script};

/// A script with a name.
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    build: fn(&Params) -> Value,
}

impl Preset {
    /// Returns the script with these parameters.
    pub(crate) fn script(&self, params: &Params) -> Result<Script, String> {
        let responses = (self.build)(params);
        let value = match responses {
            Value::Array(_) => json!({ "responses": responses }),
            script => script,
        };
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

/// Returns the groups in the order of the help.
fn groups() -> [(&'static str, &'static [Preset]); 10] {
    [
        (
            "chunking: the same events, split and terminated in every way",
            chunking::PRESETS,
        ),
        ("fields: odd but legal input", fields::PRESETS),
        ("limits", limits::PRESETS),
        ("truncation", truncation::PRESETS),
        ("timing", timing::PRESETS),
        ("status", status::PRESETS),
        ("content type", content_type::PRESETS),
        ("CORS", cors::PRESETS),
        ("compression", compression::PRESETS),
        ("resume, storms, authentication", resume::PRESETS),
    ]
}

/// Returns the preset called `name`.
pub(crate) fn find(name: &str) -> Option<&'static Preset> {
    groups()
        .into_iter()
        .flat_map(|(_, presets)| presets)
        .find(|preset| preset.name == name)
}

/// Returns the response of a script without responses.
pub(crate) fn missing() -> Response {
    Response {
        status: 404,
        ..Response::default()
    }
}

/// Returns the names and help texts as JSON.
pub(crate) fn list() -> Value {
    let all = groups().into_iter().flat_map(|(group, presets)| {
        presets.iter().map(move |preset| {
            let url = format!("/fault/p/{}", preset.name);
            json!({ "group": group, "name": preset.name, "url": url, "help": preset.help })
        })
    });
    all.collect()
}

/// Returns the names and help texts as plain text.
pub(crate) fn help() -> String {
    let mut text = include_str!("help.txt").to_owned();
    for (group, presets) in groups() {
        text += &format!("\n{group}\n");
        for preset in presets {
            text += &format!("  {:<26} {}\n", preset.name, preset.help);
        }
    }
    text
}

/// The parameters of a preset, from its URL or from JSON.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    pub(crate) fn from_json(map: &Map<String, Value>) -> Self {
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        Self(
            map.iter()
                .map(|(key, value)| (key.clone(), text(value)))
                .collect(),
        )
    }

    /// Returns a parameter as text.
    fn text(&self, name: &str, default: &str) -> String {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map_or(default, |(_, value)| value.as_str())
            .to_owned()
    }

    /// Returns a parameter as a number, or the default if it is not a number.
    fn number(&self, name: &str, default: u64) -> u64 {
        self.text(name, "").parse().unwrap_or(default)
    }
}

/// Returns the last response of most presets: 204, which ends a client.
fn no_more() -> Value {
    json!({ "status": 204 })
}

/// Returns a stream of these steps with a clean end, then 204.
fn once(steps: Value) -> Value {
    json!([{ "steps": steps }, no_more()])
}

/// Returns a stream of this text with a clean end, then 204.
fn text_once(text: &str) -> Value {
    once(json!([{ "text": text }]))
}

/// Returns a stream that works: a numbered event every 200 ms, continued after the client's cursor.
fn works() -> Value {
    json!({ "steps": [ticks(0, 200)] })
}

/// Returns `n` numbered events (0 means endless), continued after the client's cursor.
fn ticks(n: u64, pause_ms: u64) -> Value {
    let text = "id: {i}\ndata: tick {i}\n\n";
    json!({ "count": { "text": text, "n": n, "resume": true, "pause_ms": pause_ms } })
}

#[cfg(test)]
mod tests {
    use super::super::player::check;
    use super::*;

    #[test]
    fn every_preset_is_a_valid_script() {
        for preset in groups().into_iter().flat_map(|(_, presets)| presets) {
            let script = preset.script(&Params::default()).expect(preset.name);
            assert!(!script.responses.is_empty(), "{}", preset.name);
            for response in &script.responses {
                check(&response.steps).expect(preset.name);
            }
        }
    }

    #[test]
    fn preset_names_are_unique_and_valid_in_a_path() {
        let mut names: Vec<_> = groups()
            .into_iter()
            .flat_map(|(_, p)| p)
            .map(|p| p.name)
            .collect();
        assert!(
            names
                .iter()
                .all(|n| n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        );
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
