//! Scripts with a plain URL: `/fault/p/<name>`, each with a sentence that says what it does.
//!
//! Each is written as the JSON that a test could post itself, so that `GET …/script` shows
//! something to copy and change.

mod coding;
mod cors;
mod ends;
mod fields;
mod resume;
mod shapes;
mod sizes;
mod status;
mod times;
mod types;

use serde_json::{Map, Value, json};

use super::script::{Response, Script};

/// One named script.
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    build: fn(&Params) -> Value,
}

impl Preset {
    /// The script with these parameters.
    pub(crate) fn script(&self, params: &Params) -> Result<Script, String> {
        let responses = (self.build)(params);
        let value = match responses {
            Value::Array(_) => json!({ "responses": responses }),
            script => script,
        };
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

/// The groups, in the order of the help.
fn groups() -> [(&'static str, &'static [Preset]); 10] {
    [
        (
            "shape: the same events, cut and ended in every way",
            shapes::PRESETS,
        ),
        ("fields: odd but legal input", fields::PRESETS),
        ("size", sizes::PRESETS),
        ("end", ends::PRESETS),
        ("time", times::PRESETS),
        ("status", status::PRESETS),
        ("type", types::PRESETS),
        ("CORS", cors::PRESETS),
        ("content coding", coding::PRESETS),
        ("resume, storms, authentication", resume::PRESETS),
    ]
}

/// The preset called `name`; a log, cut or script of it is asked for under `<name>/…`.
pub(crate) fn find(name: &str) -> Option<&'static Preset> {
    groups()
        .into_iter()
        .flat_map(|(_, presets)| presets)
        .find(|preset| preset.name == name)
}

/// The answer to one request too many of a script without responses.
pub(crate) fn missing() -> Response {
    Response {
        status: 404,
        ..Response::default()
    }
}

/// Names and sentences, for programs.
pub(crate) fn list() -> Value {
    let all = groups().into_iter().flat_map(|(group, presets)| {
        presets.iter().map(move |preset| {
            let url = format!("/fault/p/{}", preset.name);
            json!({ "group": group, "name": preset.name, "url": url, "help": preset.help })
        })
    });
    all.collect()
}

/// Names and sentences, for people.
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

/// A preset's parameters, from its URL or from JSON.
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

    /// A parameter as text.
    fn text(&self, name: &str, default: &str) -> String {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map_or(default, |(_, value)| value.as_str())
            .to_owned()
    }

    /// A parameter as a number; what is none counts as not given.
    fn number(&self, name: &str, default: u64) -> u64 {
        self.text(name, "").parse().unwrap_or(default)
    }
}

/// What most presets end with: the client comes back and is told that this was all.
fn no_more() -> Value {
    json!({ "status": 204 })
}

/// A stream of these steps that ends cleanly, then 204.
fn once(steps: Value) -> Value {
    json!([{ "steps": steps }, no_more()])
}

/// A stream of this text that ends cleanly, then 204.
fn text_once(text: &str) -> Value {
    once(json!([{ "text": text }]))
}

/// A stream that works: an event each `pause_ms`, numbered on from the client's cursor.
fn works() -> Value {
    json!({ "steps": [ticks(0, 200)] })
}

/// `n` numbered events (0: for ever), going on after the client's cursor.
fn ticks(n: u64, pause_ms: u64) -> Value {
    let text = "id: {i}\ndata: tick {i}\n\n";
    json!({ "count": { "text": text, "n": n, "resume": true, "pause_ms": pause_ms } })
}

#[cfg(test)]
mod tests {
    use super::super::play::check;
    use super::*;

    #[test]
    fn every_preset_is_a_script_that_can_be_played() {
        for preset in groups().into_iter().flat_map(|(_, presets)| presets) {
            let script = preset.script(&Params::default()).expect(preset.name);
            assert!(!script.responses.is_empty(), "{}", preset.name);
            for response in &script.responses {
                check(&response.steps).expect(preset.name);
            }
        }
    }

    #[test]
    fn names_are_unique_and_fit_into_a_path() {
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
